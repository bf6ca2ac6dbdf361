import Attestation
import Bytes

/// Which computing parties must prove what they run. Evidence that nobody could accept is refused before anybody signs.
extension TaskReader {
    /// - Returns: none where the engine does not say; nil, with problems, where it says it wrongly.
    mutating func readProofs(
        _ task: Section, engine: TaskSpecification.Engine?, parties: [TaskSpecification.Party]?
    ) -> [String: TaskSpecification.Proof]? {
        guard let node = task.present("engine"), case .mapping(let members) = node.content,
            let member = members.first(where: { $0.key == "attested" }), let engine
        else { return [:] }
        let path = "engine.attested"
        guard case .mapping(let asked) = member.value.content, !asked.isEmpty else {
            problem(
                line: member.line, path: path, "`attested` does not say which party proves what",
                fix: "Write `attested: {NAME: {evidence: nitro, measurements: {PCR0: …, PCR1: …, PCR2: …}}}`, or leave "
                    + "it out")
            return nil
        }
        guard let parties else { return nil }
        let computing: [String] =
            switch engine {
            case .secureSum: parties.filter { $0.role == .provider }.map(\.name)
            case .secretSharing(let computing, _): computing
            case .shards: [TaskSpecification.Shards.programs.shards, TaskSpecification.Shards.programs.service]
            case .enclave, .spark: []
            }
        var proofs: [String: TaskSpecification.Proof] = [:]
        for (name, line, value) in asked {
            let place = "\(path).\(name.shortened)"
            if !computing.contains(name) {
                problem(
                    line: line, path: place, "\(name.shortened) does not compute, so that nobody asks what it runs",
                    fix: "Name one of: \(computing.joined(separator: ", "))")
            }
            proofs[name] = readProof(value, of: name, at: place)
        }
        guard proofs.count == asked.count, proofs.keys.allSatisfy(computing.contains) else { return nil }
        if case .shards = engine { return checkProofs(ofShards: proofs, line: member.line) }
        return proofs
    }

    private mutating func readProof(
        _ node: DocumentNode, of name: String, at path: String
    ) -> TaskSpecification.Proof? {
        guard let section = section(node, at: path, keys: ["evidence", "measurements"]) else { return nil }
        guard let evidence = section.present("evidence") else {
            problem(
                line: section.line, path: section.path("evidence"), "`evidence` is missing",
                fix: "Write one of: \(EvidenceFormat.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        guard let format = word(evidence, at: section.path("evidence"), as: EvidenceFormat.self),
            let measurements = readMeasurements(section, format)
        else { return nil }
        if format == .simulated {
            problem(
                .warning, line: evidence.line, path: section.path("evidence"),
                "simulated evidence shows that the parties ask for it, and hides nothing of \(name.shortened) from its machine",
                fix: "For a rehearsal only; in earnest write the platform's: nitro, sev-snp, tdx")
        }
        return TaskSpecification.Proof(format: format, measurements: measurements)
    }

    private mutating func readMeasurements(_ section: Section, _ format: EvidenceFormat) -> [String: String]? {
        let choices = ReleaseManifest.Release.requiredRegisters(format).map { $0.joined(separator: ", ") }
        let example = "Write the registers of its release.json: " + choices.joined(separator: "; or ")
        let path = section.path("measurements")
        guard let node = section.present("measurements"), case .mapping(let members) = node.content else {
            problem(
                line: section.line("measurements"), path: path, "`measurements` does not say which program",
                fix: example)
            return nil
        }
        var read: [String: String] = [:]
        var isRight = true
        for (register, line, value) in members {
            guard let text = text(value, at: "\(path).\(register.shortened)") else {
                isRight = false
                continue
            }
            guard let bytes = Hex.decode(text.utf8), bytes.count == 32 || bytes.count == 48, Hex.encode(bytes) == text
            else {
                problem(
                    line: line, path: "\(path).\(register.shortened)",
                    "\"\(text.shortened)\" is no measurement: 64 or 96 digits of lower-case hexadecimal", fix: example)
                isRight = false
                continue
            }
            read[register] = text
        }
        guard isRight else { return nil }
        let release = ReleaseManifest.Release(version: "", measurements: [format.rawValue: read])
        guard release.covers(format) else {
            problem(
                line: node.line, path: path,
                "these registers do not say which program runs: evidence of \(format.rawValue) with others would pass too",
                fix: example)
            return nil
        }
        return read
    }
}
