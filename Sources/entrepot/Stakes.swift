import Tasks

/// What cannot be undone, in sentences that follow from the task alone.
enum Stakes {
    static func ofConfirmation(_ task: TaskSpecification, digest: String?) -> [String] {
        let privacy = task.privacy
        let others = task.providers.count - 1
        var lines = [
            "confirm: your table may go into the fit of task \(task.name)"
                + (digest.map { " (SHA-256 \($0))" } ?? ", whichever file of yours the service holds"),
            "Once \(others == 1 ? "the other provider has" : "the \(others) other providers have") confirmed too, the fit starts. "
                + "It starts once, ε = \(privacy.epsilon) (δ = \(privacy.delta)) is spent for good, and no table can be taken back.",
        ]
        if let least = privacy.leastRows {
            lines.append("Where fewer than \(least) rows come together, by a noisy count, a hundredth of ε is spent.")
        } else {
            lines.append(
                "The task names no least_rows: ε is spent also where few keys, or none, are in all tables.")
        }
        lines.append("Until then `entrepot withdraw` takes your table back.")
        return lines
    }

    static func ofHalt(_ task: TaskSpecification) -> [String] {
        [
            "halt: stops task \(task.name) for all \(task.parties.count) parties, for good.",
            "Every table that the service holds is destroyed. If the fit has begun, what it spent stays spent. Going on needs a "
                + "new task, which every provider signs again.",
        ]
    }
}
