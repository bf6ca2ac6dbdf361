import Testing

/// The order in which the targets stand. A target may depend on those of earlier rows alone; rows for rooms that are
/// still to come are here already.
let orderOfTargets: [[String]] = [
    ["COpenBLAS", "CSnappy", "CZlib", "CZstd", "CProcess", "CProcessor", "CWipe"],
    ["Bytes", "Compression", "Gzip"],
    ["PDF"],
    ["LinearAlgebra"],
    ["VectorMath"],
    ["Statistics"],
    ["Domains"],
    ["Tables"],
    ["PrivacyKernel"],
    ["Linkage", "PrivacyAccounting", "SecretSharing", "Shards", "Spark"],
    ["GraphicalModels"],
    ["FittedModels"],
    ["Synthesizers"],
    ["Attestation"],
    ["Tasks", "Ledger"],
    ["Drafting"],
    ["Queries"],
    ["Engine"],
    ["Evaluation"],
    ["Service", "Client"],
    ["DemoData"],
    ["EngineCommands"],
    ["entrepot", "FuzzReaders"],
]

/// Products of other packages that the engine and its commands may stand on: cryptography, the task's YAML, the ledger's
/// database and the parser of the command line. None of them opens a socket.
private let productsOfTheEngine: Set = [
    "ArgumentParser", "Crypto", "CryptoExtras", "GRDB", "SwiftASN1", "X509", "Yams",
]

@Suite("import graph")
struct ImportGraphTests {
    @Test("every import of every file is declared by its target")
    func importsAreDeclared() throws {
        let graph = try PackageGraph.ofThisPackage()
        #expect(graph.sources.count > 300)
        #expect(graph.undeclaredImports() == [])
    }

    @Test("a target depends on targets of earlier rows alone")
    func arrowsPointUp() throws {
        #expect(try PackageGraph.ofThisPackage().wrongArrows(orderOfTargets) == [])
    }

    @Test(
        "the engine and its commands reach neither service nor client nor any package of the network",
        arguments: ["Engine", "EngineCommands", "Evaluation", "DemoData"])
    func engineReachesNoServer(target: String) throws {
        let graph = try PackageGraph.ofThisPackage()
        #expect(graph.targets[target] != nil)
        #expect(graph.reach(target, forbidden: ["Service", "Client"], products: productsOfTheEngine) == [])
    }

    @Test("the service never guesses: it reaches nothing of what a party does with its own files")
    func serviceReachesNoDrafting() throws {
        let graph = try PackageGraph.ofThisPackage()
        #expect(graph.targets["Drafting"] != nil)
        #expect(!graph.reach("Service").contains("Drafting"))
    }

    @Test("the kernel reaches tables, vectors, and nothing of another package")
    func kernelReachesLittle() throws {
        let graph = try PackageGraph.ofThisPackage()
        let reach = graph.reach("PrivacyKernel")
        let allowed = ["Bytes", "COpenBLAS", "Domains", "LinearAlgebra", "Statistics", "Tables", "VectorMath"]
        #expect(reach.isSubset(of: allowed))
        #expect(!reach.isEmpty)
    }

    @Test("no target holds more than 12 % of the lines")
    func noTargetIsLarge() throws {
        var lines: [Substring: Int] = [:]
        for (path, text) in try PackageGraph.ofThisPackage().sources where path.hasPrefix("Sources/") {
            lines[path.split(separator: "/")[1], default: 0] += text.count { $0.isNewline }
        }
        let all = lines.values.reduce(0, +)
        #expect(all > 50_000)
        for (target, count) in lines where count * 100 > all * 12 {
            Issue.record("\(target) holds \(count) of \(all) lines; a part of it belongs to a target of its own")
        }
    }

    @Test("what was fitted never asks a kernel: no file of it names one, nor a budget or a private table")
    func fittedModelsAskNoKernel() throws {
        let files = try PackageGraph.ofThisPackage().sources.filter { $0.key.hasPrefix("Sources/FittedModels/") }
        #expect(files.count > 20)
        for (path, text) in files {
            let code = text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }
            let names = code.filter { $0.contains(/\b(Kernel|Budget|PlannedBudget|PrivateTable)\b/) }
            #expect(names == [], "\(path)")
        }
    }
}

@Suite("import graph: planted faults")
struct PlantedImportTests {
    private let manifest = """
        let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
        let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
            targets: [
                .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
                .target(name: "Tables", swiftSettings: strict),
                .target(
                    name: "Engine",
                    dependencies: ["Tables", yams], swiftSettings: strict),
                .target(name: "Service", dependencies: ["Engine", nioCore, "CZlib"]),
                .executableTarget(name: "entrepot", dependencies: ["Engine", "Service"]),
                .testTarget(name: "EngineTests", dependencies: ["Engine"]),
            ]
        """
    private let order = [["CZlib"], ["Tables"], ["Engine"], ["Service"], ["entrepot"]]

    private func graph(_ sources: [String: String] = [:], manifest changed: String? = nil) -> PackageGraph {
        PackageGraph(manifest: changed ?? manifest, sources: sources)
    }

    @Test("the manifest is read as it stands")
    func manifestIsRead() {
        let graph = graph()
        #expect(graph.targets["Engine"]?.dependencies == ["Tables", "Yams"])
        #expect(graph.targets["Tables"]?.dependencies == [])
        #expect(graph.targets["EngineTests"]?.isTest == true)
        #expect(graph.reach("entrepot") == ["Engine", "Service", "Tables", "Yams", "NIOCore", "CZlib"])
        #expect(graph.wrongArrows(order) == [])
    }

    @Test(
        "an import that the target does not declare is named with its file",
        arguments: [
            "import NIOCore\n", "import Foundation\npublic import NIOCore\n", "@testable import NIOCore",
            "@preconcurrency import NIOCore // why", "import struct NIOCore.ByteBuffer",
            "#if canImport(X)\n    import NIOCore\n#endif",
        ])
    func undeclaredImport(text: String) {
        let faults = graph(["Sources/Engine/Plan/TaskPlan.swift": text]).undeclaredImports()
        #expect(faults == ["Sources/Engine/Plan/TaskPlan.swift: imports NIOCore, which Engine does not declare"])
    }

    @Test("what is declared, and prose about imports, is no fault")
    func declaredImport() {
        let text =
            "public import Tables\nimport Yams\n// import NIOCore\nlet words = \"import NIOCore\"\nimport of a file\n"
        #expect(graph(["Sources/Engine/TaskPlan.swift": text]).undeclaredImports() == [])
    }

    @Test("a file of no target is named")
    func fileOfNoTarget() {
        #expect(graph(["Sources/Attic/Old.swift": ""]).undeclaredImports().count == 1)
    }

    @Test("an arrow that points down, within a row, or from a target without a row is named")
    func wrongArrow() {
        let down = manifest.replacing(
            ".target(name: \"Tables\",", with: ".target(name: \"Tables\", dependencies: [\"Engine\"],")
        #expect(graph(manifest: down).wrongArrows(order) == ["Tables depends on Engine, which does not stand above it"])
        let oneRow = [["CZlib"], ["Tables"], ["Engine", "Service"], ["entrepot"]]
        #expect(graph().wrongArrows(oneRow) == ["Service depends on Engine, which does not stand above it"])
        #expect(graph().wrongArrows(Array(order.dropLast())) == ["entrepot has no place in the order of targets"])
    }

    @Test("a server or a foreign product that the engine reaches over another target is named")
    func hiddenReach() {
        let hidden = manifest.replacing(
            ".target(name: \"Tables\",", with: ".target(name: \"Tables\", dependencies: [nioCore],")
        #expect(graph(manifest: hidden).reach("Engine", forbidden: ["Service"], products: ["Yams"]) == ["NIOCore"])
        let worse = manifest.replacing("[\"Tables\", yams]", with: "[\"Tables\", \"Service\", yams]")
        #expect(
            graph(manifest: worse).reach("Engine", forbidden: ["Service"], products: ["Yams"]) == [
                "NIOCore", "Service",
            ])
    }
}
