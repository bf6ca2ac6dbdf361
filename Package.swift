// swift-tools-version: 6.3
import PackageDescription

// Every target is built with complete concurrency checking, and a warning is an error.
let checked: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

// Debug builds are optimised too, since most tests count, fit or draw millions of times. Tests that compute nothing
// themselves are not: optimising them takes longer than running them.
let strict: [SwiftSetting] = checked + [.unsafeFlags(["-O"], .when(configuration: .debug))]

// Loops over buffers need fused multiply-add and 256-bit vectors (every x86-64 processor since 2013); `VectorMath`
// alone is compiled for them, and `ProcessorFeatures` of the command line asks at start whether the processor has them.
#if arch(x86_64)
    let vectorised: [SwiftSetting] = strict + [.unsafeFlags(["-Xcc", "-march=x86-64-v3"])]
#else
    let vectorised: [SwiftSetting] = strict
#endif

// The audit puts wrong functions in the place of right ones (`Tests/PlantedBugs`), and asks for models of few rows. A debug
// build of these modules lets it; a release build does not, and no production source says anything of it.
let replaceable: SwiftSetting = .unsafeFlags(
    ["-Xfrontend", "-enable-implicit-dynamic"], .when(configuration: .debug))

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "entrepot",
    products: [
        .executable(name: "entrepot", targets: ["entrepot"]),
        // For other packages: tables and the kernel; what is fitted from its answers, and the methods.
        .library(name: "EntrepotKernel", targets: ["Domains", "PrivacyKernel", "Tables"]),
        .library(name: "EntrepotModels", targets: ["FittedModels", "Synthesizers"]),
        // For parties who encode at home, and for programs that correct totals of links.
        .library(name: "EntrepotLinkage", targets: ["Linkage"]),
        // For the nested package of benchmarks alone.
        .library(name: "Attestation", targets: ["Attestation"]),
        .library(name: "LinearAlgebra", targets: ["LinearAlgebra"]),
        .library(name: "VectorMath", targets: ["VectorMath"]),
    ],
    dependencies: [
        // Versions are exact because Package.resolved is not kept; each line says what the package is for.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),  // the command line
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),  // DER of keys and AMD certificates
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),  // X.509 chains of evidence
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),  // digests, signatures, HKDF
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),  // header names, statuses
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),  // structured logs
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),  // sockets under the service and proxy
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),  // TLS 1.3 with client certificates
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),  // SQLite for the ledger
        // The HTTP service. Without its trait for configuration files, which would build two more packages.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: ["FullFoundation"]),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),  // task files
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),  // shutdown
    ],
    targets: [
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CProcess"),
        .systemLibrary(name: "CProcessor"),
        // Overwrites what the program frees. Optimised in every build: it runs at each deallocation.
        .target(name: "CWipe", exclude: ["README.md"], cSettings: [.unsafeFlags(["-O2"])]),
        .target(name: "Bytes", exclude: ["README.md"], swiftSettings: strict),
        .target(name: "Gzip", dependencies: ["CZlib"], exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "Compression", dependencies: ["CSnappy", "CZlib", "CZstd"], exclude: ["README.md"],
            swiftSettings: strict),
        .target(
            name: "LinearAlgebra", dependencies: ["COpenBLAS"], exclude: ["README.md"], swiftSettings: strict),
        .target(name: "VectorMath", exclude: ["README.md"], swiftSettings: vectorised),
        .target(name: "Statistics", dependencies: ["VectorMath"], exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "Domains", dependencies: ["Bytes", "VectorMath"], exclude: ["README.md"],
            resources: [
                .embedInCode("Schema/CodeLists/hs.txt"), .embedInCode("Schema/CodeLists/nace.txt"),
                .embedInCode("Schema/CodeLists/nuts.txt"),
            ],
            swiftSettings: strict + [replaceable]),
        .target(
            name: "Tables", dependencies: ["Bytes", "Domains", "VectorMath"], exclude: ["README.md"],
            swiftSettings: strict + [replaceable]),
        .target(
            name: "PrivacyKernel", dependencies: ["Domains", "Statistics", "Tables", "VectorMath"],
            exclude: ["README.md", "KERNEL.md"], swiftSettings: strict + [replaceable]),
        .target(
            name: "Linkage", dependencies: ["Bytes", "LinearAlgebra", "Statistics", "VectorMath", crypto],
            exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "PrivacyAccounting", dependencies: ["PrivacyKernel"], exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "SecretSharing", dependencies: ["Bytes", "VectorMath", crypto, cryptoExtras],
            exclude: ["README.md"],
            swiftSettings: strict + [replaceable]),
        .target(name: "GraphicalModels", dependencies: ["VectorMath"], exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "FittedModels",
            dependencies: [
                "Bytes", "Domains", "GraphicalModels", "LinearAlgebra", "PrivacyKernel", "Statistics", "Tables",
                "VectorMath",
                crypto,
            ],
            exclude: ["README.md"], swiftSettings: strict + [replaceable]),
        .target(
            name: "Synthesizers",
            dependencies: [
                "Domains", "FittedModels", "GraphicalModels", "PrivacyKernel", "Statistics", "Tables", "VectorMath",
            ],
            exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "Evaluation",
            dependencies: [
                "Bytes", "Domains", "FittedModels", "GraphicalModels", "PrivacyKernel", "Statistics", "Synthesizers",
                "Tables",
                "Tasks",
                "VectorMath", crypto,
            ],
            exclude: ["README.md"], resources: [.embedInCode("Page/page.css"), .embedInCode("Page/page.js")],
            swiftSettings: strict),
        .target(
            name: "Attestation", dependencies: ["Bytes", crypto, cryptoExtras, x509, asn1], exclude: ["README.md"],
            resources: [
                .embedInCode("Certificates/amd-milan.pem"), .embedInCode("Certificates/amd-genoa.pem"),
                .embedInCode("Certificates/amd-turin.pem"),
            ],
            swiftSettings: strict),
        .target(
            name: "Tasks",
            dependencies: [
                "Attestation", "Bytes", "Compression", "Domains", "Gzip", "Tables", "VectorMath", crypto, cryptoExtras,
                asn1, yams,
            ],
            exclude: ["README.md"],
            resources: [
                .embedInCode("Models/aim.yaml"), .embedInCode("Models/auto.yaml"),
                .embedInCode("Models/clique-tree.yaml"), .embedInCode("Models/clique-tree-wide.yaml"),
                .embedInCode("Models/gaussian-copula.yaml"), .embedInCode("Models/independent.yaml"),
                .embedInCode("Models/mst.yaml"), .embedInCode("Models/mwem.yaml"),
            ],
            swiftSettings: strict),
        .target(
            name: "Drafting",
            dependencies: ["Bytes", "Domains", "Gzip", "Tables", "Tasks", "VectorMath", crypto], exclude: ["README.md"],
            swiftSettings: strict),
        .target(
            name: "Queries",
            dependencies: ["Domains", "Linkage", "PrivacyKernel", "Statistics", "Tables", "Tasks", "VectorMath"],
            exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "Engine",
            dependencies: ["Domains", "FittedModels", "PrivacyKernel", "Queries", "Synthesizers", "Tables", "Tasks"],
            exclude: ["README.md"], swiftSettings: strict),
        .target(name: "Ledger", dependencies: ["Bytes", crypto, grdb], exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "PDF", dependencies: ["Bytes", crypto], exclude: ["README.md", "Fonts/LICENSE.txt"],
            resources: [
                .embedInCode("Fonts/bold.deflated"), .embedInCode("Fonts/sans.deflated"),
                .embedInCode("Fonts/glyphs.txt"),
            ],
            swiftSettings: strict),
        .target(
            name: "Service",
            dependencies: [
                "PDF",
                "Attestation", "Bytes", "CProcess", "Domains", "Engine", "Evaluation", "FittedModels", "Gzip", "Ledger",
                "PrivacyKernel",
                "Queries", "Shards", "Synthesizers",
                "Tables",
                "Tasks",
                "VectorMath", crypto, cryptoExtras, x509, asn1, hummingbirdCore, httpTypes, nioCore, nioPosix, nioHTTP1,
                nioSSL, nioTLS, logging,
                lifecycle, unixSignals,
            ],
            exclude: ["README.md"], resources: [.embedInCode("openapi.yaml")],
            swiftSettings: strict + [replaceable]),
        .target(
            name: "Client",
            dependencies: [
                "Attestation", "Bytes", "Domains", "Drafting", "Gzip", "Ledger", "Linkage", "SecretSharing", "Shards",
                "Tables",
                "Tasks", crypto, cryptoExtras, x509, asn1, nioCore, nioPosix, nioHTTP1, nioSSL, nioTLS,
            ],
            exclude: ["README.md"],
            resources: [
                .embedInCode("Page/connect.css"), .embedInCode("Page/connect.html"), .embedInCode("Page/connect.js"),
            ],
            swiftSettings: strict),
        .target(
            name: "DemoData", dependencies: ["Domains", "Tables", "Tasks", "VectorMath"],
            exclude: ["README.md", "Configs/comtrade-mirror.yaml"],
            resources: [
                .embedInCode("Configs/bank-telecom.yaml"),
                .embedInCode("Configs/bank-telecom-without-enclave.yaml"),
                .embedInCode("Configs/customs-microdata.yaml"),
                .embedInCode("Configs/five-offices.yaml"), .embedInCode("Configs/five-offices-total.yaml"),
                .embedInCode("Configs/five-offices-without-enclave.yaml"),
                .embedInCode("Configs/lists.yaml"),
                .embedInCode("Configs/trade-mirror.yaml"),
                .embedInCode("Configs/trade-reconciliation.yaml"),
                .embedInCode("Configs/workshop.yaml"),
            ],
            swiftSettings: strict),
        .target(
            name: "Spark", dependencies: ["Bytes", "Domains", "PrivacyKernel", "Tables", "VectorMath"],
            exclude: ["README.md"],
            swiftSettings: strict),
        .target(
            name: "Shards", dependencies: ["Bytes", "Domains", "PrivacyKernel", "Tables", "VectorMath"],
            exclude: ["README.md"],
            swiftSettings: strict),
        .target(
            name: "EngineCommands",
            dependencies: [
                "Attestation", "Bytes", "CProcessor", "DemoData", "Domains", "Drafting", "Engine", "Evaluation",
                "FittedModels", "Ledger", "PrivacyAccounting", "PrivacyKernel", "Queries", "Shards", "Spark",
                "Synthesizers", "Tables", "Tasks", "VectorMath", arguments,
            ],
            exclude: ["README.md"], swiftSettings: strict),
        .executableTarget(
            name: "entrepot",
            dependencies: [
                "Attestation", "Bytes", "Client", "CProcess", "CWipe", "DemoData", "Domains", "Drafting", "Engine",
                "EngineCommands", "Evaluation", "FittedModels", "Ledger", "Linkage", "PrivacyAccounting",
                "PrivacyKernel", "Queries",
                "SecretSharing", "Service", "Shards", "Synthesizers", "Tables", "Tasks", "VectorMath", arguments,
                crypto,
                logging,
            ],
            exclude: ["README.md"], swiftSettings: strict),
        .testTarget(name: "PackageTests", swiftSettings: checked),
        .testTarget(
            name: "EngineCommandsTests",
            dependencies: [
                "Attestation", "Client", "Domains", "Engine", "EngineCommands", "FittedModels", "PrivacyKernel",
                "Queries", "Shards",
                "Spark", "Tables", "Tasks", "VectorMath",
            ],
            swiftSettings: checked),
        .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra", "VectorMath"], swiftSettings: strict),
        .testTarget(name: "BytesTests", dependencies: ["Bytes"], swiftSettings: strict),
        .testTarget(
            name: "LinkageTests", dependencies: ["Bytes", "Domains", "Linkage", "Tables", "VectorMath", crypto],
            exclude: ["vectors.json", "vectors.py"], swiftSettings: strict),
        .testTarget(
            name: "SparkTests", dependencies: ["Domains", "PrivacyKernel", "Spark", "Tables", "VectorMath"],
            swiftSettings: strict),
        .testTarget(
            name: "ShardsTests", dependencies: ["Domains", "PrivacyKernel", "Shards", "Tables", "VectorMath"],
            swiftSettings: strict),
        .testTarget(name: "StatisticsTests", dependencies: ["Statistics", "VectorMath"], swiftSettings: strict),
        .testTarget(name: "VectorMathTests", dependencies: ["VectorMath"], swiftSettings: strict),
        .testTarget(name: "DomainsTests", dependencies: ["Domains", "VectorMath"], swiftSettings: strict),
        .testTarget(
            name: "TablesTests", dependencies: ["Domains", "Tables", "VectorMath"], exclude: ["Vectors"],
            swiftSettings: strict),
        // No tests, but the wrong functions that the next two and EndToEndTests try.
        .testTarget(
            name: "PlantedBugs", dependencies: ["Domains", "PrivacyKernel", "Tables", "VectorMath"],
            swiftSettings: strict),
        .testTarget(
            name: "PrivacyKernelTests",
            dependencies: [
                "Domains", "PlantedBugs", "PrivacyKernel", "SecretSharing", "Shards", "Tables", "VectorMath",
            ],
            exclude: ["table-vectors.py"], swiftSettings: strict),
        .testTarget(
            name: "PrivacyAccountingTests",
            dependencies: [
                "Domains", "FittedModels", "PrivacyAccounting", "PrivacyKernel", "Synthesizers", "Tables", "VectorMath",
            ],
            exclude: ["dp-accounting.py", "dp-accounting.txt"], swiftSettings: strict),
        .testTarget(
            name: "PrivacyAuditTests",
            dependencies: [
                "Domains", "Engine", "PlantedBugs", "FittedModels", "PrivacyKernel", "Synthesizers", "Tables", "Tasks",
                "VectorMath",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SecretSharingTests",
            dependencies: ["Bytes", "SecretSharing", "VectorMath", crypto], swiftSettings: strict),
        .testTarget(
            name: "GraphicalModelsTests", dependencies: ["GraphicalModels", "VectorMath"], swiftSettings: strict),
        .testTarget(
            name: "SynthesizersTests",
            dependencies: [
                "Domains", "GraphicalModels", "LinearAlgebra", "PrivacyKernel", "FittedModels", "Statistics",
                "Synthesizers", "Tables", "VectorMath",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EvaluationTests",
            dependencies: [
                "Bytes", "Domains", "Evaluation", "GraphicalModels", "PrivacyKernel", "FittedModels", "Statistics",
                "Synthesizers",
                "Tables",
                "VectorMath",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "AttestationTests",
            dependencies: ["Attestation", "Bytes", "VectorMath", crypto, cryptoExtras, x509, asn1],
            exclude: ["Azure"],
            swiftSettings: checked),
        .testTarget(
            name: "TasksTests",
            dependencies: ["Attestation", "Bytes", "Domains", "Tables", "Tasks", "VectorMath", crypto, cryptoExtras],
            swiftSettings: checked),
        .testTarget(
            name: "DraftingTests", dependencies: ["Domains", "Drafting", "Tables", "Tasks"], swiftSettings: checked),
        .testTarget(
            name: "QueriesTests",
            dependencies: [
                "Domains", "Linkage", "PrivacyKernel", "Queries", "Statistics", "Tables", "Tasks", "VectorMath",
            ],
            swiftSettings: strict),
        .testTarget(name: "LedgerTests", dependencies: ["Ledger", "VectorMath", crypto, grdb], swiftSettings: checked),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "Attestation", "Domains", "Gzip", "Ledger", "PDF", "Service", "Tables", "Tasks", "VectorMath", crypto,
                hummingbirdCore,
                httpTypes,
                nioCore,
                logging,
                lifecycle,
            ],
            swiftSettings: checked),
        .testTarget(
            name: "ClientTests",
            dependencies: [
                "Attestation", "Bytes", "Client", "Domains", "Ledger", "Linkage", "SecretSharing", "Shards", "Tables",
                "Tasks", "VectorMath", crypto,
                nioCore,
                nioEmbedded, nioPosix, nioHTTP1, nioSSL,
            ],
            swiftSettings: checked),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Attestation", "Bytes", "Client", "Domains", "Engine", "FittedModels", "Ledger", "PrivacyKernel",
                "Queries",
                "Service", "Shards",
                "Synthesizers", "Tables", "Tasks", "VectorMath", asn1, crypto, cryptoExtras, httpTypes, hummingbirdCore,
                lifecycle, nioCore, nioHTTP1, nioPosix, nioSSL, logging, x509,
            ],
            swiftSettings: checked),
    ]
)

// Sanitizers and fuzzers compile every target anew: `make sanitize` and `make fuzz` ask for what they test, without the
// packages of the service. Of client and service the fuzzer builds the readers alone.
let core = ["Bytes", "VectorMath", "Statistics", "Domains", "Tables", "PrivacyKernel"]
let readers = [
    "Attestation", "Client", "COpenBLAS", "CSnappy", "CZlib", "CZstd", "Compression", "FittedModels", "GraphicalModels",
    "Gzip", "Ledger", "LinearAlgebra", "Service", "Synthesizers", "Tasks",
]
@MainActor
func keepPackages(_ names: [String]) {
    package.dependencies.removeAll { dependency in
        guard case .sourceControl(_, let location, _) = dependency.kind else { return true }
        return !names.contains { location.hasSuffix("/" + $0) }
    }
}
switch Context.environment["ENTREPOT_TARGETS"] {
case "core":
    keepPackages(["swift-asn1", "swift-crypto"])
    package.products = []
    // The kernel's checks on shares need what shares are made of.
    let needed =
        core + core.map { $0 + "Tests" } + ["PlantedBugs", "SecretSharing", "Shards"]
    package.targets.removeAll { !needed.contains($0.name) }
case "readers":
    keepPackages(["GRDB.swift", "swift-asn1", "swift-certificates", "swift-crypto", "swift-http-types", "Yams"])
    package.products = []
    package.targets.removeAll { !(core + readers).contains($0.name) }
    for target in package.targets where ["Client", "Service"].contains(target.name) {
        let isClient = target.name == "Client"
        target.resources = []
        target.sources =
            isClient
            ? [
                "ClientError.swift", "Keeping/Receipt.swift", "Keeping/RememberedState.swift",
                "Keeping/SampleProvenance.swift", "Keeping/SignedFile.swift", "Keeping/SignedReport.swift",
                "ServiceProblem+JSON.swift",
            ]
            : [
                "Life/Confirmation.swift", "Routes/Caller.swift", "Routes/Endpoint.swift",
                "Routes/Endpoint+Arguments.swift", "Routes/Endpoint+Bounds.swift", "Routes/HTTPDate.swift",
                "Routes/OrderedJSON.swift", "Routes/Problem.swift",
                "Routes/Problem+Requests.swift", "Routes/QueryString.swift", "Samples/ByteRange.swift",
                "Samples/SampleRequest.swift", "Uploads/DeclaredOpening.swift", "Uploads/HeaderValue.swift",
            ]
        target.dependencies =
            isClient
            ? ["Attestation", "Bytes", "Ledger", crypto, asn1, x509]
            : ["Bytes", "Domains", "FittedModels", "Ledger", "Tables", "Tasks", httpTypes]
    }
    package.targets.append(
        .executableTarget(
            name: "FuzzReaders",
            dependencies: [
                "Attestation", "Client", "Domains", "FittedModels", "Gzip", "Ledger", "PrivacyKernel", "Service",
                "Synthesizers",
                "Tables", "Tasks", "VectorMath", httpTypes,
            ],
            path: "Fuzz/Readers", swiftSettings: checked))
default: break
}
