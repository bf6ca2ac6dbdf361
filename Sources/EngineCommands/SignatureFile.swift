/// Where a party's signature of a task lies: `TASK.<party>.sig` beside `TASK.yaml`.
package enum SignatureFile {
    package static func path(task: String, party: String) -> String {
        let stem =
            task.hasSuffix(".yaml")
            ? String(task.dropLast(5)) : task.hasSuffix(".yml") ? String(task.dropLast(4)) : task
        return "\(stem).\(party).sig"
    }
}
