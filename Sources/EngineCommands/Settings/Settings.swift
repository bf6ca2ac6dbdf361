package import ArgumentParser
import Bytes
import Foundation
import Tasks

/// Where options come from that the person did not type: environment variables, `entrepot.yaml` here, and `entrepot.yaml` in
/// the user's configuration folder, the first of them that has a key.
package struct Settings: Sendable {
    /// A value with its source, as it is named to the person.
    struct Value: Sendable, Equatable {
        var texts: [String]
        var source: String
        var isOfFile: Bool
    }

    /// What was found, the winner first.
    private(set) var found: [Setting: [Value]] = [:]
    /// What the person should know before the command runs.
    private(set) var remarks: [String] = []

    /// Reads what there is.
    ///
    /// - Parameters:
    ///   - environment: variables by name.
    ///   - folder: the working folder.
    ///   - user: who runs the program (`geteuid`).
    /// - Throws: ``CommandFailure`` with exit code 64 for a file that cannot be used.
    package init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        folder: String = FileManager.default.currentDirectoryPath, user: UInt32 = geteuid()
    ) throws(CommandFailure) {
        for setting in Setting.allCases {
            guard let text = environment[setting.variable], !text.isEmpty else { continue }
            let texts = setting.isList ? text.split(separator: ":").map(String.init) : [text]
            found[setting, default: []].append(Value(texts: texts, source: setting.variable, isOfFile: false))
        }
        remarks = Self.slips(in: environment)
        for (path, isNamed) in Self.files(environment, folder) {
            guard FileManager.default.fileExists(atPath: path) else {
                if isNamed {
                    throw CommandFailure("there is no file \(path), which ENTREPOT_CONFIG names", code: .usage)
                }
                continue
            }
            try read(path, shown: Self.shown(path, folder), isNamed: isNamed, user: user)
        }
    }

    /// The arguments with what was found for their command; says what came from a file, and which of two values is taken.
    ///
    /// - Parameter arguments: those of the program, without its name.
    package static func complete(_ arguments: [String], settings: () throws(CommandFailure) -> Settings)
        throws(CommandFailure) -> (arguments: [String], remarks: [String])
    {
        let command = Self.command(of: arguments)
        guard Setting.ofCommand[command.joined(separator: " ")] != nil,
            !arguments.contains("--help"), !arguments.contains("-h")
        else { return (arguments, []) }
        return try settings().completed(arguments, command)
    }

    private func completed(_ arguments: [String], _ command: [String])
        throws(CommandFailure) -> (arguments: [String], remarks: [String])
    {
        let own = Array(arguments.dropFirst(command.count))
        var added: [String] = []
        var remarks = remarks
        var ofFile: [String: [String]] = [:]
        for setting in Setting.allCases
        where setting.applies(to: command, with: own) && !isHalf(setting, command, own) {
            guard let values = found[setting], let first = values.first else { continue }
            if Setting.gives(setting.option, own) {
                if !setting.isFlag, !Self.gives(first, setting, own) {
                    remarks.append("\(setting.option) of the command line is taken, not \(first.source)")
                }
                continue
            }
            for other in values.dropFirst() where other.texts != first.texts {
                remarks.append("\(first.source) is taken, not \(other.source)")
            }
            let words = try Self.arguments(setting, first)
            if first.isOfFile, !words.isEmpty {
                let file = first.source.replacing("\(setting.rawValue) of ", with: "")
                ofFile[file, default: []].append(setting.rawValue)
            }
            added += words
        }
        remarks += ofFile.sorted { $0.key < $1.key }.map { "from \($0.key): \($0.value.joined(separator: ", "))" }
        // Behind a lone `--` everything is a file.
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return (Array(arguments[..<end]) + added + Array(arguments[end...]), remarks)
    }

    /// Whether an option would stand without the one that it goes with: a task without the party's name, or the other way.
    private func isHalf(_ setting: Setting, _ command: [String], _ own: [String]) -> Bool {
        guard setting == .task || setting == .party, ["prepare", "ingest"].contains(command.first) else { return false }
        return [Setting.task, .party].contains { found[$0] == nil && !Setting.gives($0.option, own) }
    }

    /// Whether the command line gives the very value that was found.
    private static func gives(_ value: Value, _ setting: Setting, _ arguments: [String]) -> Bool {
        guard !setting.isList, let text = value.texts.first else { return false }
        if arguments.contains("\(setting.option)=\(text)") { return true }
        return zip(arguments, arguments.dropFirst()).contains { $0 == setting.option && $1 == text }
    }

    private static func arguments(_ setting: Setting, _ value: Value) throws(CommandFailure) -> [String] {
        guard setting.isFlag else {
            if setting.isList { return [setting.option] + value.texts }
            guard value.texts.count == 1, let text = value.texts.first else {
                throw CommandFailure("\(value.source) takes one value", code: .usage)
            }
            return ["\(setting.option)=\(text)"]
        }
        switch value.texts.first?.lowercased() {
        case "true", "1", "yes": return [setting.option]
        case "false", "0", "no": return []
        default: throw CommandFailure("\(value.source) is true or false", code: .usage)
        }
    }

    /// The command's words, such as `["task", "sign"]`.
    private static func command(of arguments: [String]) -> [String] {
        guard let first = arguments.first, !first.hasPrefix("-") else { return [] }
        if ["task", "image"].contains(first), arguments.count > 1 { return Array(arguments.prefix(2)) }
        return [first]
    }
}

// MARK: - Files

extension Settings {
    package static let fileName = "entrepot.yaml"

    /// `ENTREPOT_CONFIG` names the one file, or `none`; otherwise the folder's own file and the user's.
    private static func files(_ environment: [String: String], _ folder: String) -> [(path: String, isNamed: Bool)] {
        if let named = environment["ENTREPOT_CONFIG"], !named.isEmpty {
            return named == "none" ? [] : [(absolute(named, in: folder), true)]
        }
        let home = environment["HOME"] ?? ""
        let base = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.config"
        let paths = ["\(folder)/\(fileName)"] + (base.hasPrefix("/") ? ["\(base)/entrepot/\(fileName)"] : [])
        return paths.map { ($0, false) }
    }

    private mutating func read(
        _ path: String, shown: String, isNamed: Bool, user: UInt32
    ) throws(CommandFailure) {
        // It decides whom a person trusts: one that lies about in a common folder must not.
        let facts = try? FileManager.default.attributesOfItem(atPath: path)
        let owner = (facts?[.ownerAccountID] as? NSNumber)?.uint32Value
        let mode = (facts?[.posixPermissions] as? NSNumber)?.intValue ?? 0
        if !isNamed, owner != nil, owner != user, owner != 0 {
            throw CommandFailure(
                "\(shown) belongs to another user of this machine and would decide whom you trust. Name it with "
                    + "ENTREPOT_CONFIG=\(shown) if you want it, or set ENTREPOT_CONFIG=none.", code: .usage)
        }
        if mode & 0o002 != 0 {
            throw CommandFailure(
                "everybody on this machine can write \(shown), which decides whom you trust: chmod o-w \(shown)",
                code: .usage)
        }
        let file: SettingsFile
        do {
            file = try SettingsFile(
                yaml: try Files.text(at: path), known: Setting.allCases.map(\.rawValue), refused: Self.momentary)
        } catch let problems as TaskProblems {
            let list = problems.problems.map { "  \($0)" }.joined(separator: "\n")
            throw CommandFailure("\(shown) cannot be used:\n\(list)", code: .usage)
        } catch {
            throw CommandFailure("\(shown) cannot be read: it must be a file, and yours to read", code: .usage)
        }
        let folder = (path as NSString).deletingLastPathComponent
        for setting in Setting.allCases {
            guard let texts = file.values[setting.rawValue] else { continue }
            found[setting, default: []].append(
                Value(
                    texts: setting.isPath ? texts.map { Self.absolute($0, in: folder) } : texts,
                    source: "\(setting.rawValue) of \(shown)", isOfFile: true))
        }
    }

    /// Decisions of a moment, which no file takes for a person.
    private static let momentary: [String: String] = Dictionary(
        uniqueKeysWithValues: [
            "allow_debug", "allow_unevaluated_tcb", "accept_new_instance", "measure_again", "yes",
        ].map { ($0, "Type --\($0.replacing("_", with: "-")) each time: it is a decision of the moment") })

    private static func absolute(_ path: String, in folder: String) -> String {
        if path.hasPrefix("~") { return (path as NSString).expandingTildeInPath }
        return path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    private static func shown(_ path: String, _ folder: String) -> String {
        path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path
    }

    /// Variables that look like settings and are none.
    private static func slips(in environment: [String: String]) -> [String] {
        let known = Setting.allCases.map(\.variable) + ["ENTREPOT_CONFIG"]
        return environment.keys.filter { $0.hasPrefix(Setting.prefix) && !known.contains($0) }.sorted().compactMap {
            name in
            // Scripts and tests of this project have variables of their own: only slips of the pen are named.
            NearestWord.to(String(name.dropFirst(Setting.prefix.count)), among: known.map { String($0.dropFirst(9)) })
                .map { "\(name) is no setting and was not read; did you mean \(Setting.prefix)\($0)?" }
        }
    }
}

extension ExitCode {
    /// The command line, or what stands for it, is wrong.
    package static let usage = ExitCode(64)
}
