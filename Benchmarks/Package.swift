// swift-tools-version: 6.3
import PackageDescription

// Measurements, beside the main package so that its build stays small:
// swift run -c release --package-path Benchmarks KernelSpeed
// swift run -c release --package-path Benchmarks Ratios
// swift run -c release --package-path Benchmarks CopulaBenchmark speed
let synthesis: [Target.Dependency] = [
    .product(name: "EntrepotKernel", package: "entrepot"), .product(name: "EntrepotModels", package: "entrepot"),
]

let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(name: "entrepot", path: ".."),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    ],
    targets: [
        .executableTarget(
            name: "CopulaBenchmark",
            dependencies: [
                .product(name: "LinearAlgebra", package: "entrepot"),
                .product(name: "EntrepotKernel", package: "entrepot"),
                .product(name: "EntrepotModels", package: "entrepot"),
                .product(name: "VectorMath", package: "entrepot"),
            ],
            exclude: ["sdv-rows.py"]),
        .executableTarget(
            name: "KernelSpeed",
            dependencies: [.product(name: "EntrepotKernel", package: "entrepot")]),
        .executableTarget(
            name: "Ratios",
            dependencies: synthesis + [
                .product(name: "Attestation", package: "entrepot"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "LinearAlgebra", package: "entrepot"),
                .product(name: "VectorMath", package: "entrepot"),
            ]),
        .executableTarget(name: "RowsBenchmark", dependencies: synthesis),
        .executableTarget(
            name: "Coverage", dependencies: synthesis + [.product(name: "VectorMath", package: "entrepot")]),
        .executableTarget(
            name: "TableSpeed",
            dependencies: [
                .product(name: "EntrepotKernel", package: "entrepot"),
                .product(name: "VectorMath", package: "entrepot"),
            ]),
    ]
)
