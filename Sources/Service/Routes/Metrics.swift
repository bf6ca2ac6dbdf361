import HTTPTypes
import Synchronization

/// Counts of calls by endpoint: nothing that depends on any table, not even whether an upload was refused.
final class Metrics: Sendable {
    private let calls = Mutex([Endpoint: Int]())

    func count(_ endpoint: Endpoint) {
        calls.withLock { $0[endpoint, default: 0] += 1 }
    }

    /// The text that Prometheus reads.
    func text(stage: TaskLife.Stage) -> String {
        let counts = calls.withLock { $0 }
        var text = "# HELP entrepot_calls_total Calls by path and method.\n# TYPE entrepot_calls_total counter\n"
        for endpoint in Endpoint.allCases {
            text += "entrepot_calls_total{path=\"\(endpoint.path)\",method=\"\(endpoint.method.rawValue)\"} "
            text += "\(counts[endpoint, default: 0])\n"
        }
        text += "# HELP entrepot_stage Where the task stands: 1 for the present stage.\n# TYPE entrepot_stage gauge\n"
        for each in TaskLife.Stage.allCases {
            text += "entrepot_stage{stage=\"\(each.rawValue)\"} \(each == stage ? 1 : 0)\n"
        }
        return text
    }
}
