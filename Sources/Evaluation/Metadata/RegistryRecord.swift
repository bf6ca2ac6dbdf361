import Domains
public import FittedModels
import PrivacyKernel
import Tables

/// A record for the Differential Privacy Deployments Registry (`opendp/deployments-registry-data`, its schema of
/// November 2026), tier 3. What only people can tell stands as `TO BE FILLED IN`; the sector, which the schema lists, is
/// left out.
public struct RegistryRecord: Sendable {
    private let model: FittedModel
    private let subject: EvaluationSubject

    /// - Parameter subject: the task's name, purpose, parties and unit of protection.
    public init(_ model: FittedModel, subject: EvaluationSubject) {
        self.model = model
        self.subject = subject
    }

    /// YAML; every text is double quoted.
    public var yaml: String {
        let plan = model.plan
        let variant: String
        switch plan.accounting {
        case .pure: variant = "Pure DP"
        case .zeroConcentrated, .gaussian: variant = "Approximate DP"
        }
        let providers = subject.parties.filter { $0.role == "provider" }.map(\.name)
        let steps = plan.steps.map { "\($0.name) (\(Figures.percent($0.share)) of the budget)" }.joined(separator: "; ")
        let spent = model.transcript.spent
        let rows = plan.rowsPerKey ?? model.transcript.releases.first?.terms?.rowsPerKey
        let isLocal = model.taskDigest == nil
        let description =
            providers.count > 1
            ? "Synthetic rows made of the private tables of \(providers.count) providers."
            : "Synthetic rows made of a private table."
        let domain =
            "\(model.domain.columns.count) columns with declared, public domains. The program learns none from the data; "
            + "whether people looked at their tables when they declared them, this record cannot tell."
        let unprotected =
            "The columns and their domains, the parties and their roles, and when the fit ended. The number of rows is "
            + "protected; "
            + (isLocal
                ? "whoever ran the fit had the rows."
                : "the size of a party's own table is known to that party and to the service.")
        let actors =
            isLocal
            ? "Whoever ran the program had all the tables; no service took part."
            : (providers.isEmpty ? "Data providers" : providers.joined(separator: ", "))
                + "; a service whose program the providers' clients verify, by attestation, before they upload."
        let noise = plan.accounting == .pure ? "discrete Laplace" : "discrete Gaussian"
        let rho = plan.accounting == .pure ? nil : spent?.amount
        return """
            url_slug: \(Self.quoted(Self.slug(subject.title)))
            status: "Draft"
            tier: 3
            deployment:
              basic:
                name: \(Self.quoted(subject.title))
                data_curators: [\((providers.isEmpty ? ["TO BE FILLED IN"] : providers).map(Self.quoted).joined(separator: ", "))]
                description: \(Self.quoted(description))
                intended_use: \(Self.quoted(subject.purpose ?? "TO BE FILLED IN"))
                data_product_type: "Synthetic data"
                data_product_region: "TO BE FILLED IN"
                publication_date: \(Self.quoted(subject.date ?? "TO BE FILLED IN"))
              dp_variant:
                variant_name: \(Self.quoted(variant))
                data_domain: \(Self.quoted(domain))
                unprotected_quantities: \(Self.quoted(unprotected))
              privacy_loss:
                privacy_unit: \(Self.quoted(subject.unit))
                privacy_unit_details: \(Self.quoted(unitDetails(rows, spent)))
                privacy_parameters:
                  epsilon: \(EvaluationPage.plain(plan.epsilon))
                  delta: \(EvaluationPage.plain(plan.delta))\(rho.map { "\n      rho: \(EvaluationPage.plain($0))" } ?? "")
                privacy_parameters_details: \(Self.quoted("One epsilon for the whole life of the task; accounted as \(plan.accounting.rawValue)."))
              deployment_model:
                model_name: "Central"
                actors: \(Self.quoted(actors))
                release_type: "One release"
                data_source_type: "Static"
                access_type: "Non-interactive"
              accounting:
                post_processing: "Estimation of a graphical model, sampling, reports."
                composition: \(Self.quoted("\(model.transcript.releases.count) releases compose adaptively under \(plan.accounting.rawValue)."))
              implementation:
                preprocessing_and_hyperparameter_tuning: "Bins and categories are declared; nothing is tuned on the data outside the budget."
                mechanisms: \(Self.quoted("\(plan.method): \(steps); \(noise) noise drawn by integer arithmetic."))
                justification: "TO BE FILLED IN"
              administrative:
                sources: \(Self.quoted(model.taskDigest.map { "Task SHA-256 \($0)" } ?? "Local fit without a signed task"))
                notes: "Made by entrepot report from the model file."
                registry_authors: ["TO BE FILLED IN"]

            """
    }

    private func unitDetails(_ rows: Int?, _ spent: PrivacySpent?) -> String {
        let of = rows.map { $0 == 1 ? "the one row" : "all of up to \($0) rows" } ?? "all rows"
        let changing = spent.map {
            " For changing them, epsilon is \(EvaluationPage.plain($0.epsilonChangingOne)) at the same delta."
        }
        return "Adding or removing \(of) of one key\(subject.unitScope.map { " " + $0 } ?? "").\(changing ?? "")"
    }

    private static func slug(_ title: String) -> String {
        let parts = title.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        return parts.isEmpty ? "untitled" : parts.joined(separator: "-")
    }

    /// A YAML double-quoted scalar.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
