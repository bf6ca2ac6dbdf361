import Attestation
import Domains
import HTTPTypes
import HummingbirdCore
import Synchronization
import Tables
import Tasks

/// What is public among the parties: the configuration and the declared domains. Nothing here has seen a table.
extension TaskDriver {
    /// `GET /details`: the workshop's four members, then ours.
    nonisolated func details() async -> Response {
        let privacy = specification.privacy
        let names = specification.providers.map { OrderedJSON.string($0.name) }
        return Response.json(
            .object([
                ("method", .string(specification.synthesizer.name)),
                ("epsilon", .number(privacy.epsilon)),
                ("params", .raw(JSONValue.object(specification.synthesizer.parameters).canonicalBytes)),
                ("party_names", .array(names)),
                ("delta", .number(privacy.delta)),
                ("unit", .string(privacy.unitWords)),
                ("task", .string(specification.name)),
                ("spec_hash", .string(digest.hex)),
                ("schema", schema),
                ("stage", .string(await life.stage.rawValue)),
                (
                    "tables",
                    .object([
                        (
                            "kept",
                            .string(
                                shards == nil
                                    ? "in memory alone, until the fit"
                                    : "in the memory of the shards that the task lists, until the fit")
                        ),
                        ("then", .string("codes and keys are overwritten, other memory as it is freed")),
                        ("core_dumps", .string("off")),
                    ])
                ),
                (
                    "formats",
                    .array(specification.releasesRows ? SampleFormat.allCases.map { .string($0.rawValue) } : [])
                ),
                ("state", .string(evidenceIssuer.isStateOnDisk ? "disk" : "memory")),
                ("evidence_format", .string(evidenceIssuer.format.rawValue)),
                ("api_version", .integer(1)),
            ]))
    }

    /// The agreed table of each provider, as the task writes it.
    private nonisolated var schema: OrderedJSON {
        guard case .object(let members) = specification.json, case .array(let parties)? = members["parties"] else {
            return .object([])
        }
        return .object(
            parties.compactMap { party in
                guard case .object(let members) = party, case .text(let name)? = members["name"],
                    let table = members["table"]
                else { return nil }
                return (name, .raw(table.canonicalBytes))
            })
    }

    /// `GET /formats`: every one that `GET /samples` takes. The workshop's programs are providers and compare a list of two: a
    /// provider gets that, and the whole list with `all=1`.
    nonisolated func formats(_ call: Call) -> Response {
        guard specification.releasesRows else { return Response.json(.array([])) }
        let isProvider =
            (try? call.party()).map { name in specification.providers.contains { $0.name == name } } ?? true
        let formats: [SampleFormat] =
            call.query["all"] == "1" || !isProvider ? SampleFormat.allCases : [.csv, .json]
        var response = Response.json(.array(formats.map { .string($0.rawValue) }))
        // The workshop's list is of two; whoever reads headers sees all.
        response.headers.set("Entrepot-Formats", SampleFormat.allCases.map(\.rawValue).joined(separator: ", "))
        return response
    }

    /// `GET /columns`: declared domains in the shape of the workshop's distinct values.
    nonisolated func columns(_ call: Call) async throws -> Response {
        let user = try call.party()
        let wanted = try parties(call.query["party"] ?? "mine", user: user)
        let confirmed = await life.confirmed
        for party in wanted where !confirmed.contains(party.name) {
            throw Problem(
                .conflict, code: "not_confirmed",
                detail: "\(party.name) has not uploaded and confirmed their data yet.",
                hint: "Wait for the confirmation; GET /spec shows every declared domain at any time.",
                audience: .parties)
        }
        let columns = wanted.flatMap { party in
            (domains[party.name]?.columns ?? []).map { $0.renamed("\(party.name)_\($0.name)") }
        }
        let labels = columns.map { column in
            (0..<column.size).filter { $0 != column.missingCode }.map { column.label(of: $0) }
        }
        let height = labels.map(\.count).max() ?? 0
        let rows = (0..<height).map { row in
            OrderedJSON.array(labels.map { .string(row < $0.count ? $0[row] : "") })
        }
        return Response.json(
            .object([
                ("user", .string(user)), ("columns", .array(columns.map { .string($0.name) })), ("rows", .array(rows)),
            ]))
    }

    private nonisolated func parties(
        _ word: String, user: String
    ) throws(Problem) -> [TaskSpecification.Party] {
        let providers = specification.providers
        switch word {
        // Who brings no table asks for the columns of the rows.
        case "mine" where !providers.contains { $0.name == user }: return providers
        case "mine": return providers.filter { $0.name == user }
        case "theirs": return providers.filter { $0.name != user }
        default:
            guard let party = providers.first(where: { $0.name == word }) else {
                throw Problem(
                    .badRequest, code: "bad_party", detail: "There is no such party.",
                    hint: "Use mine, theirs, or the name of a provider of the task.", audience: .parties)
            }
            return [party]
        }
    }
}
