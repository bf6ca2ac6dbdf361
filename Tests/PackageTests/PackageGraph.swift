import Foundation

/// The targets of a package manifest and the imports of their sources, as text: nothing is built and no tool is called.
struct PackageGraph {
    struct Target {
        let name: String
        let isTest: Bool
        /// Names of targets and of products of other packages.
        let dependencies: Set<String>
    }

    let targets: [String: Target]
    /// Paths below the package, with their text.
    let sources: [String: String]
    /// Products of other packages that the manifest knows.
    let products: Set<String>

    /// Reads the declarations that this package's manifest uses: `let x: Target.Dependency = .product(name: …)`, and
    /// targets with `name:` and an optional list `dependencies:`.
    init(manifest: String, sources: [String: String]) {
        self.sources = sources
        var variables: [String: String] = [:]
        for match in manifest.matches(of: /let (\w+): Target\.Dependency = \.product\(name: "(\w+)"/) {
            variables[String(match.1)] = String(match.2)
        }
        products = Set(variables.values)
        var targets: [String: Target] = [:]
        let kinds = /\.(target|executableTarget|testTarget|systemLibrary)\(\s*name: "(\w+)"/
        let heads = manifest.matches(of: kinds)
        for (index, head) in heads.enumerated() {
            let end = index + 1 < heads.count ? heads[index + 1].range.lowerBound : manifest.endIndex
            let body = manifest[head.range.upperBound..<end]
            var dependencies: Set<String> = []
            if let list = body.firstMatch(of: /dependencies: \[([^\]]*)\]/) {
                for entry in list.1.split(separator: ",") {
                    let word = entry.trimmingCharacters(in: .whitespacesAndNewlines)
                    guard !word.isEmpty else { continue }
                    let name = word.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
                    dependencies.insert(word.hasPrefix("\"") ? name : variables[name] ?? name)
                }
            }
            let name = String(head.2)
            targets[name] = Target(name: name, isTest: head.1 == "testTarget", dependencies: dependencies)
        }
        self.targets = targets
    }

    /// This package, from its files.
    static func ofThisPackage(_ file: String = #filePath) throws -> PackageGraph {
        let tests = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
        let root = tests.deletingLastPathComponent()
        var sources: [String: String] = [:]
        for folder in ["Sources", "Tests"] {
            let base = root.appendingPathComponent(folder).path
            for path in FileManager.default.enumerator(atPath: base) ?? .init() {
                guard let path = path as? String, path.hasSuffix(".swift") else { continue }
                sources["\(folder)/\(path)"] = try String(contentsOfFile: "\(base)/\(path)", encoding: .utf8)
            }
        }
        let manifest = try String(contentsOf: root.appendingPathComponent("Package.swift"), encoding: .utf8)
        return PackageGraph(manifest: manifest, sources: sources)
    }

    /// The modules that a file imports.
    static func imports(of text: String) -> Set<String> {
        let declaration =
            /\s*(?:@\w+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|typealias|let|var)\s+)?(\w+)(?:\.\w+)*\s*(?:\/\/.*)?/
        // Few lines hold the word at all, and a search for bytes is much faster than the expression.
        var modules: Set<String> = []
        for line in text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) where line.count < 200 {
            guard line.contains(UInt8(ascii: "i")), let line = String(line), line.contains("import "),
                let match = line.wholeMatch(of: declaration)
            else { continue }
            modules.insert(String(match.1))
        }
        return modules
    }

    /// The target of a file: the folder below `Sources` or `Tests`.
    static func target(ofFile path: String) -> String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    /// Everything that a target stands on, itself left out.
    func reach(_ name: String) -> Set<String> {
        var found: Set<String> = []
        var open = [name]
        while let next = open.popLast() {
            for dependency in targets[next]?.dependencies ?? [] where found.insert(dependency).inserted {
                open.append(dependency)
            }
        }
        return found
    }
}

extension PackageGraph {
    /// Modules of the toolchain, which no manifest declares.
    static let toolchain: Set = [
        "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl", "Darwin", "PackageDescription",
        "Synchronization", "Testing",
    ]

    /// Files that import what their target does not declare, one sentence each.
    func undeclaredImports() -> [String] {
        var faults: [String] = []
        for (path, text) in sources {
            let name = Self.target(ofFile: path)
            guard let target = targets[name] else {
                faults.append("\(path): the package has no target \(name)")
                continue
            }
            for module in Self.imports(of: text).subtracting(Self.toolchain).subtracting(target.dependencies) {
                faults.append("\(path): imports \(module), which \(name) does not declare")
            }
        }
        return faults.sorted()
    }

    /// Dependencies that point to the same row of the order or to a later one, and targets that stand in no row.
    func wrongArrows(_ order: [[String]]) -> [String] {
        var row: [String: Int] = [:]
        for (index, names) in order.enumerated() { for name in names { row[name] = index } }
        var faults: [String] = []
        for target in targets.values where !target.isTest {
            guard let own = row[target.name] else {
                faults.append("\(target.name) has no place in the order of targets")
                continue
            }
            for dependency in target.dependencies where targets[dependency] != nil {
                guard let other = row[dependency], other < own else {
                    faults.append("\(target.name) depends on \(dependency), which does not stand above it")
                    continue
                }
            }
        }
        return faults.sorted()
    }

    /// What a target reaches of `forbidden` targets, and of other packages beyond `products`.
    func reach(_ name: String, forbidden: Set<String>, products: Set<String>) -> [String] {
        let found = reach(name)
        let foreign = found.filter { targets[$0] == nil }
        return found.intersection(forbidden).union(foreign.subtracting(products)).sorted()
    }
}
