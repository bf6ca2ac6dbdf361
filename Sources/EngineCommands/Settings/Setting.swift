/// An option that can stand in `entrepot.yaml` or in an environment variable, because a person would type it again.
///
/// Decisions of a moment are none: `--allow-debug`, `--accept-new-instance`, `--measure-again`, `--yes`.
package enum Setting: String, Sendable, CaseIterable {
    case url, task, party, key, measurements
    case allowSimulated = "allow_simulated"
    case simulatedRoot = "simulated_root"
    case root
    case tpmRoot = "tpm_root"
    case certificates, collateral
    case memory, attester, state, listen
    case proxyListen = "proxy_listen"

    /// As it stands on the command line.
    package var option: String {
        self == .proxyListen ? "--listen" : "--" + rawValue.replacing("_", with: "-")
    }

    /// The environment variable, `ENTREPOT_` and the key in capitals.
    package var variable: String { Setting.prefix + rawValue.uppercased() }

    static let prefix = "ENTREPOT_"

    /// Whether it is on or off, and has no value on the command line.
    var isFlag: Bool { self == .allowSimulated }
    var isList: Bool { self == .certificates || self == .collateral }

    /// Whether its value names a file or folder, which in `entrepot.yaml` is meant from that file's folder.
    var isPath: Bool {
        switch self {
        case .task, .key, .measurements, .simulatedRoot, .root, .tpmRoot, .certificates, .collateral, .memory, .state:
            true
        case .url, .party, .allowSimulated, .attester, .listen, .proxyListen: false
        }
    }

    /// Whether a command takes this option.
    ///
    /// - Parameters:
    ///   - command: the command's words, such as `["task", "sign"]`.
    ///   - arguments: what the person wrote behind them: some options exclude each other.
    func applies(to command: [String], with arguments: [String]) -> Bool {
        guard let first = command.first, let known = Setting.ofCommand[command.joined(separator: " ")],
            known.contains(self)
        else { return false }
        let isOffline: Bool
        switch first {
        case "verify": isOffline = Setting.hasDocument(arguments)
        case "ledger": isOffline = arguments.contains("--total") && Setting.hasDocument(arguments)
        case "query": isOffline = arguments.contains("--dry-run") || Setting.gives("--model", arguments)
        default: isOffline = false
        }
        switch self {
        case .url where isOffline: return false
        case .task where first == "fit": return !Setting.gives("--table", arguments)
        // Others hold no rows of the fit.
        case .key where first == "fit", .measurements where first == "fit", .allowSimulated where first == "fit",
            .simulatedRoot where first == "fit":
            return Setting.asksShards(arguments)
        // A saved document is trusted by its own root, and a running service too.
        case .simulatedRoot where first == "verify":
            return !["--root", "--format"].contains { Setting.gives($0, arguments) }
        case .root where first == "verify": return !Setting.gives("--simulated-root", arguments)
        default: return true
        }
    }

    /// Whether an option stands among arguments.
    static func gives(_ option: String, _ arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains { $0 == option || $0.hasPrefix(option + "=") }
    }

    /// Whether rows are sent to shards.
    private static func asksShards(_ arguments: [String]) -> Bool {
        arguments.contains("--engine=shards")
            || zip(arguments, arguments.dropFirst()).contains { $0 == "--engine" && $1 == "shards" }
    }

    /// Whether the first argument is a file, not an option, or one stands at the end behind an option with its value.
    private static func hasDocument(_ arguments: [String]) -> Bool {
        var isValue = false
        for argument in arguments {
            if argument == "--" { return true }
            if argument.hasPrefix("-") {
                isValue = !argument.contains("=") && !flags.contains(argument)
            } else if isValue {
                isValue = false
            } else {
                return true
            }
        }
        return false
    }

    /// Options without a value of `verify` and `ledger`.
    private static let flags: Set = [
        "--allow-debug", "--allow-unevaluated-tcb", "--privacy", "--json", "--details", "--total", "--allow-simulated",
        "--accept-new-instance", "--measure-again", "--demand-memory",
    ]

    private static let ofService: Set<Setting> = [
        .url, .key, .measurements, .task, .allowSimulated, .simulatedRoot, .tpmRoot, .certificates, .collateral,
        .memory,
    ]

    /// What each command takes.
    static let ofCommand: [String: Set<Setting>] = {
        var all: [String: Set<Setting>] = [
            "serve": [.task, .attester, .listen, .state, .certificates],
            "shard": [.attester, .listen, .state, .certificates],
            "connect": ofService.union([.proxyListen]),
            "verify": [.url, .measurements, .simulatedRoot, .root, .tpmRoot, .certificates, .collateral],
            "query": [.url, .key, .measurements, .task, .allowSimulated, .simulatedRoot, .memory],
            "check": [.task, .party], "prepare": [.task, .party], "ingest": [.task, .party],
            "fit": [.task, .key, .measurements, .allowSimulated, .simulatedRoot],
            "task sign": [.key], "doctor": [.task, .key, .state, .certificates, .listen],
        ]
        for command in [
            "details", "upload", "withdraw", "confirm", "halt", "status", "samples", "ledger", "signed-report", "model",
        ] { all[command] = ofService }
        return all
    }()
}
