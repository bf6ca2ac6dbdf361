import ArgumentParser
package import Domains
import Drafting
package import FittedModels
import Foundation
import Tables
package import Tasks

/// Files that the user named.
package enum Files {
    /// The whole content.
    ///
    /// - Throws: ``CommandFailure`` with exit code 65 if the file cannot be read.
    package static func bytes(at path: String) throws(CommandFailure) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw unreadable(path) }
        return Array(data)
    }

    /// The whole content of a file of others, which may be of any length, or have no end.
    ///
    /// - Throws: ``CommandFailure`` with exit code 65 if the file cannot be read, or is longer than `limit`.
    package static func bytes(at path: String, limit: FileLimit) throws(CommandFailure) -> [UInt8] {
        let bytes = try beginning(of: path) { _ in limit }
        guard bytes.count <= limit.bytes else {
            throw CommandFailure("the file \(path) is longer than \(limit)", code: .badData)
        }
        return bytes
    }

    /// A file as far as it is read at most, and one byte more where it goes on: nothing behind is read.
    ///
    /// - Parameter limit: is asked with what the file begins with.
    /// - Throws: ``CommandFailure`` with exit code 65 if the file cannot be read.
    package static func beginning(
        of path: String, limit: ([UInt8]) -> FileLimit
    ) throws(CommandFailure) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else { throw unreadable(path) }
        defer { try? file.close() }
        var bytes: [UInt8] = []
        do {
            var most = 4_096
            while bytes.count < most, let piece = try file.read(upToCount: min(1 << 20, most - bytes.count)),
                !piece.isEmpty
            {
                bytes += piece
                if bytes.count == 4_096 { most = limit(bytes).bytes + 1 }
            }
        } catch {
            throw unreadable(path)
        }
        return bytes
    }

    /// Why a file cannot be read, and what to do.
    package static func unreadable(_ path: String) -> CommandFailure {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            return CommandFailure("there is no file \(path): check its name and folder", code: .badData)
        }
        return CommandFailure(
            isFolder.boolValue
                ? "\(path) is a folder: name a file in it"
                : "the file \(path) cannot be read: check that it is yours to read",
            code: .badData)
    }

    /// Why a file cannot be written, and what to do.
    package static func unwritable(_ path: String) -> CommandFailure {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let isThere = FileManager.default.fileExists(atPath: folder)
        return CommandFailure(
            "the file \(path) cannot be written: "
                + (isThere
                    ? "check that it and its folder are yours, and that the disk has room"
                    : "there is no folder \(folder)"))
    }

    /// A model that a person named.
    ///
    /// - Throws: ``CommandFailure`` where there is no such file or it is none, or what reading a model throws.
    package static func model(at path: String) throws -> FittedModel {
        do {
            return try FittedModel(encoded: try bytes(at: path))
        } catch SynthesisError.notAModelFile {
            throw CommandFailure(
                "\(path) is not a model file of Entrepot: `entrepot model` fetches one, and `entrepot fit` writes one",
                code: .badData)
        }
    }

    package static func text(at path: String) throws(CommandFailure) -> String {
        guard let text = String(validating: try bytes(at: path), as: UTF8.self) else {
            throw CommandFailure("the file \(path) is not UTF-8 text", code: .badData)
        }
        return text
    }

    /// A file to write rows to, emptied; stdout where none is named.
    static func opened(_ output: String?) throws -> FileHandle {
        guard let output else { return .standardOutput }
        let files = FileManager.default
        let kind = try? files.attributesOfItem(atPath: output)[.type] as? FileAttributeType
        // A device, a pipe or a link is written to; `createFile` would put a file in its place.
        let isThere = kind != nil && kind != .typeRegular
        guard isThere || files.createFile(atPath: output, contents: nil),
            let file = FileHandle(forWritingAtPath: output)
        else { throw unwritable(output) }
        if isThere { try? file.truncate(atOffset: 0) }
        return file
    }

    /// That what a command writes takes the place of nothing that it reads, by whichever name or link.
    ///
    /// - Throws: ``CommandFailure`` with exit code 64 that names the file.
    package static func keep(_ inputs: [String], from output: String?) throws(CommandFailure) {
        guard let output else { return }
        let (written, part) = (identity(output), identity(output + ".part"))
        for input in inputs {
            guard let read = identity(input), read == written || read == part else { continue }
            throw CommandFailure(
                "--output \(output) would overwrite \(input), which the command reads: name another file",
                code: ExitCode.validationFailure)
        }
    }

    /// The place of a regular file on its disk; nil where there is none.
    private static func identity(_ path: String) -> [Int]? {
        let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: url.path),
            attributes[.type] as? FileAttributeType == .typeRegular,
            let device = attributes[.systemNumber] as? Int, let number = attributes[.systemFileNumber] as? Int
        else { return nil }
        return [device, number]
    }

    /// `rows.csv` becomes `rows-3.csv`.
    package static func numbered(_ path: String, _ number: Int) -> String {
        let url = URL(fileURLWithPath: path)
        let name = url.deletingPathExtension().path + "-\(number)"
        return url.pathExtension.isEmpty ? name : name + "." + url.pathExtension
    }

    /// Writes a file, and replaces one that is there.
    package static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw unwritable(path)
        }
    }

    /// A task without mistakes, whatever the time: one whose deadlines are over is still what its parties signed.
    ///
    /// What begins something asks ``requireTime(_:before:)``.
    ///
    /// - Parameter allowsMissingKeys: whether parties may still lack their keys.
    /// - Throws: ``CommandFailure`` with exit code 65 that names every mistake with its line.
    package static func task(at path: String, allowsMissingKeys: Bool = false) throws(CommandFailure)
        -> TaskSpecification
    {
        let file = TaskFile(yaml: try text(at: path), context: context(allowsMissingKeys: allowsMissingKeys))
        guard let task = file.specification else {
            let mistakes = file.problems.map { "  \($0)" }.joined(separator: "\n")
            let isShared = file.problems.contains(where: \.isSharedKey)
            throw CommandFailure("\(path) is not a task yet:\n\(mistakes)", code: isShared ? .identity : .badData)
        }
        return task
    }

    /// Rules in a file of their own.
    package static func rules(at path: String) throws(CommandFailure) -> [Rule] {
        let file = RuleFile(yaml: try text(at: path))
        guard let rules = file.rules else {
            let mistakes = file.problems.map { "  \($0)" }.joined(separator: "\n")
            throw CommandFailure("\(path) holds no rules yet:\n\(mistakes)", code: .badData)
        }
        return rules
    }

    /// Refuses what would begin now although a deadline of the task that ends it has passed.
    ///
    /// - Parameter deadlines: by their names in the task file; nil for all.
    package static func requireTime(
        _ task: TaskSpecification, before deadlines: Set<String>? = nil
    ) throws(CommandFailure) {
        guard let over = task.deadlines.passed(at: now).first(where: { deadlines?.contains($0.name) ?? true }) else {
            return
        }
        throw CommandFailure(
            "the deadline \(over.name) of the task \(task.name), \(over.moment), has passed by this machine's clock: nothing was "
                + "begun. Agree on a later one in a new task, or set the clock", code: .badData)
    }

    /// By this machine's clock.
    package static var now: UTCInstant { UTCInstant(seconds: Int64(Date().timeIntervalSince1970)) }

    /// - Parameter now: to name deadlines that have passed as mistakes; nil leaves them unjudged.
    package static func context(allowsMissingKeys: Bool, now: UTCInstant? = nil) -> TaskFile.Context {
        TaskFile.Context(now: now, allowsMissingKeys: allowsMissingKeys, lookAtValues: PrivateValues.look)
    }

    /// A party's private key; says so where others can read its file.
    package static func privateKey(at path: String) throws -> PartyPrivateKey {
        let key = try KeyFiles.privateKey(at: path)
        if KeyFiles.isOpenToOthers(path) {
            Console.say(
                "warning: other users of this machine can read the key \(path); close it with: chmod 600 \(path)")
        }
        return key
    }
}
