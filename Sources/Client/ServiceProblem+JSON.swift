import Domains
import Foundation
import Tables

extension ServiceProblem {
    /// Reads `application/problem+json`; an answer of another kind becomes a problem without details.
    init(_ status: Int, _ body: [UInt8]) {
        let members = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        var detail = members["detail"] as? String ?? ""
        if detail.isEmpty, let arguments = members["detail"] as? [[String: Any]] {
            detail = arguments.map { argument in
                let place = (argument["loc"] as? [String] ?? []).joined(separator: ".")
                return "\(place): \(argument["msg"] as? String ?? "not valid")"
            }.joined(separator: "; ")
        }
        self.init(
            status: status, code: members["code"] as? String ?? "unknown",
            detail: detail.isEmpty ? "The service answered with status \(status)." : detail,
            hint: members["hint"] as? String ?? "",
            table: (members["problems"] as? [[String: Any]] ?? []).map { entry in
                TableProblem(
                    code: entry["code"] as? String ?? "", row: entry["row"] as? Int,
                    column: entry["column"] as? String, value: entry["value"] as? String,
                    expected: entry["expected"] as? String ?? "", hint: entry["hint"] as? String ?? "")
            })
    }
}
