import HTTPTypes
import HummingbirdCore

/// Keeps web pages from changing anything through a person's browser, which would lend them its client certificate.
///
/// A page can make a browser send any `GET`, and a `POST` of a form, to any address. It cannot take away what a browser says
/// of itself, nor add a header of its own without asking first, which this service never allows.
enum BrowserGuard {
    /// The header by which a program names itself; no page can send it to another origin.
    static let clientHeader = HTTPField.Name("Entrepot-Client")

    /// - Throws: 403 for a call that changes something and that a page may have caused.
    static func refusePages(_ request: Request) throws(Problem) {
        if let clientHeader, let name = request.headers[clientHeader], !name.isEmpty { return }
        let isOfPage = request.headers.contains { field in
            let name = field.name.canonicalName
            return name == "origin" || name == "referer" || name.hasPrefix("sec-fetch-")
        }
        let agent = request.headers[.userAgent] ?? ""
        let isBrowser = ["mozilla/", "opera/"].contains { agent.lowercased().hasPrefix($0) }
        if isOfPage || isBrowser { throw Problem.notAProgram }
    }
}

extension Problem {
    static let notAProgram = Problem(
        .forbidden, code: "not_a_program", detail: "A web page may not change anything here.",
        hint: "Use `entrepot connect` and its page, or a program that names itself, as curl does or with the header "
            + "Entrepot-Client.",
        audience: .owner)
}
