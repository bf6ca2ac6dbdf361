import Foundation
import Tasks

/// What this client does only with the boot that it did the rest with: ε is spent once a boot.
extension VerifiedConnection {
    /// Remembers that a table is confirmed to this boot, and refuses where one was confirmed to another.
    ///
    /// - Returns: the boot to which one was confirmed before.
    func prepareConfirmation() throws(ClientError) -> String? {
        guard party != nil else { return nil }
        try recallGuards()
        let before = remembered.tasks[taskDigest.hex]?.confirmedOn
        try VerifiedConnection.observing { () throws(RememberedConflict) in
            try remembered.prepareConfirmation(
                task: taskDigest.hex, boot: bootID, measureAgain: configuration.measureAgain)
        }
        try remember()
        return before
    }

    /// The service refused the confirmation, or gave the table back: it was not measured.
    func takeBackConfirmation(before: String? = nil) throws(ClientError) {
        guard party != nil else { return }
        try remembered.takeBackConfirmation(
            task: taskDigest.hex, boot: bootID, before: before, file: configuration.stateFile)
    }

    /// Refuses figures that a boot has from a disk of its host, where this client confirmed to another boot.
    func admitFigures(_ uri: String) throws(ClientError) {
        guard party != nil, VerifiedConnection.isOfFigures(uri) else { return }
        try recallGuards()
        try VerifiedConnection.observing { () throws(RememberedConflict) in
            try remembered.admitFigures(
                task: taskDigest.hex, boot: bootID, acceptNewInstance: configuration.acceptNewInstance)
        }
    }

    /// What another run of this client has done meanwhile counts as this one's.
    func recallGuards() throws(ClientError) {
        remembered.recallGuards(of: taskDigest.hex, from: try RememberedState(file: configuration.stateFile))
    }

    /// Why this boot gets no table of the caller's, or gives it no figures; nil where nothing speaks against it.
    ///
    /// - Parameter isOver: whether the task is past uploads, so that figures matter and tables do not.
    func standingConflict(isOver: Bool) -> RememberedConflict? {
        guard party != nil, let sighting = remembered.tasks[taskDigest.hex] else { return nil }
        do throws(RememberedConflict) {
            if isOver {
                try remembered.admitFigures(
                    task: taskDigest.hex, boot: bootID, acceptNewInstance: configuration.acceptNewInstance)
            } else {
                var copy = sighting
                try copy.admit(bootID, measureAgain: false)
                if let earlier = sighting.uploadedTo, earlier != bootID, !configuration.acceptNewInstance {
                    throw RememberedConflict.anotherInstance(remembered: earlier, found: bootID)
                }
            }
            return nil
        } catch {
            return error
        }
    }

    /// Whether a call asks for what was made from a fit, however a local program spells the path.
    static func isOfFigures(_ uri: String) -> Bool {
        let path = plainPath(uri)
        return ["samples", "report", "queries/"].contains { path.contains($0) }
            || (path.contains("model") && !path.contains("model_status"))
    }

    /// Whether a call of a local program confirms, however it spells the path.
    static func isConfirmation(_ uri: String) -> Bool { plainPath(uri).contains("confirm_data") }

    /// Whether a call of a local program uploads a table, however it spells the path.
    static func isUpload(_ uri: String) -> Bool {
        let path = plainPath(uri)
        return path.contains("upload_data") && !path.contains("standing")
    }

    /// The path of a call without percent encoding.
    private static func plainPath(_ uri: String) -> String {
        let path = String(uri.prefix { $0 != "?" })
        return path.removingPercentEncoding ?? path
    }
}
