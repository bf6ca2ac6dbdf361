import Foundation

/// A person's word for what cannot be undone.
package enum Consent {
    /// Says what is at stake and asks for a name to be typed. It never waits where nobody can answer.
    ///
    /// - Parameters:
    ///   - stakes: what cannot be undone, a sentence each.
    ///   - name: what the person must type.
    ///   - isGiven: `--yes`: a script has decided.
    /// - Throws: ``CommandFailure`` with exit code 64 without a terminal, 1 where another name was typed.
    package static func ask(_ command: String, stakes: [String], name: String, isGiven: Bool) throws(CommandFailure) {
        if isGiven { return }
        guard canAsk else {
            throw CommandFailure(
                "\(command) cannot be undone, and nobody is at a terminal to be asked; nothing was done. A script that has "
                    + "decided says so: --yes", code: .usage)
        }
        for line in stakes { Console.say(line) }
        Console.prompt("type the task's name, \(name), to go on: ")
        let answer = readLine()?.trimmingCharacters(in: .whitespaces) ?? ""
        guard answer == name else {
            throw CommandFailure(answer.isEmpty ? "nothing was done" : "that is not the task's name; nothing was done")
        }
    }

    /// Whether a person reads what is said and can type an answer.
    package static var canAsk: Bool {
        Console.isTerminal && isatty(FileHandle.standardInput.fileDescriptor) == 1
    }
}
