import Crypto
import Foundation
import NIOHTTP1
import Tasks
import Testing

@testable import Client

@Suite("The page of the local proxy")
struct LocalPageTests {
    private let answer = LocalPage(style: "body{color:red}").answer(token: "0123abcd")
    private var document: String { String(decoding: answer.body, as: UTF8.self) }

    @Test("it runs under a policy that names its own script and style, and lets it ask nobody but the proxy")
    func policy() throws {
        let policy = try #require(answer.headers.first(name: "Content-Security-Policy"))
        for part in [
            "default-src 'none'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
            "frame-ancestors 'none'",
        ] {
            #expect(policy.contains(part))
        }
        #expect(!policy.contains("unsafe"))
        for (tag, directive) in [("script", "script-src"), ("style", "style-src")] {
            let parts = document.components(separatedBy: "<\(tag)>")
            #expect(parts.count == 2, "one \(tag)")
            let content = try #require(parts.last?.components(separatedBy: "</\(tag)>").first)
            let digest = Data(SHA256.hash(data: Data(content.utf8))).base64EncodedString()
            #expect(policy.contains("\(directive) 'sha256-\(digest)'"))
        }
        #expect(document.contains("body{color:red}"))
        #expect(document.contains("content=\"0123abcd\""))
    }

    @Test("it names no other place, and puts no text of a task in as markup")
    func selfContained() {
        for place in ["http://", "https://", "@import", "url(", "innerHTML", "outerHTML", "document.write", "eval("] {
            #expect(!document.contains(place), "\(place)")
        }
    }

    @Test("landmarks, one first heading, and a label for every field")
    func accessible() {
        for landmark in ["<header>", "<main id=\"main\">", "<footer>", "lang=\"en\"", "class=\"skip\"", "aria-live"] {
            #expect(document.contains(landmark), "\(landmark)")
        }
        #expect(document.components(separatedBy: "<h1").count == 2)
        let ids = document.components(separatedBy: " id=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
        #expect(Set(ids).count == ids.count)
        let fields =
            document.components(separatedBy: "<input ").dropFirst()
            + document.components(separatedBy: "<select ")
            .dropFirst() + document.components(separatedBy: "<progress ").dropFirst()
        for field in fields {
            let id = field.components(separatedBy: "id=\"").dropFirst().first?.prefix { $0 != "\"" } ?? ""
            #expect(document.contains("for=\"\(id)\""), "\(id) has no label")
        }
        let named = document.components(separatedBy: "aria-labelledby=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        for id in named { #expect(ids.contains(String(id)), "\(id)") }
    }

    @Test("every call below /entrepot/ is the proxy's own, and no other is")
    func calls() {
        #expect(LocalCall(.GET, "/entrepot/") == .page)
        #expect(LocalCall(.GET, "/entrepot/?x") == .page)
        #expect(LocalCall(.GET, "/") == .toPage)
        #expect(LocalCall(.GET, "/entrepot/task") == .task)
        #expect(LocalCall(.GET, "/entrepot/receipts/0001-spec.json") == .receipt("0001-spec.json"))
        #expect(LocalCall(.GET, "/entrepot/halt") == .unknown)
        #expect(LocalCall(.POST, "/entrepot/anything") == .unknown)
        for uri in ["/details", "/samples?format=csv", "/entrepots/", "/report"] {
            #expect(LocalCall(.GET, uri) == nil)
        }
    }

    @Test("the page offers each party what the service would let it do, and nothing else")
    func actions() {
        typealias Standing = TaskStatus.Standing
        let fresh = Standing(signed: false, uploaded: false, confirmed: false)
        let sent = Standing(signed: true, uploaded: true, confirmed: false)
        let done = Standing(signed: true, uploaded: true, confirmed: true)
        #expect(PageAction.possible(role: .provider, stage: "unsigned", standing: fresh) == [.sign, .check, .halt])
        #expect(
            PageAction.possible(role: .provider, stage: "collecting", standing: sent)
                == [.check, .upload, .confirm, .withdraw, .halt])
        #expect(PageAction.possible(role: .provider, stage: "collecting", standing: done) == [.withdraw, .halt])
        #expect(PageAction.possible(role: .provider, stage: "training", standing: done) == [.halt])
        #expect(PageAction.possible(role: .provider, stage: "trained", standing: done) == [.samples, .report])
        #expect(PageAction.possible(role: .provider, stage: "halted", standing: done).isEmpty)
        for stage in ["unsigned", "collecting", "training", "trained"] {
            #expect(PageAction.possible(role: .auditor, stage: stage, standing: nil).isEmpty)
            let consumer = PageAction.possible(role: .consumer, stage: stage, standing: nil)
            #expect(consumer == (stage == "trained" ? [.samples, .report] : []))
        }
    }

    @Test("a status says whom it waits for")
    func phases() {
        typealias Standing = TaskStatus.Standing
        func status(_ stage: String, _ alice: Standing, _ bob: Standing) -> String {
            TaskStatus(stage: stage, parties: ["Alice": alice, "Bob": bob]).phase
        }
        let fresh = Standing(signed: false, uploaded: false, confirmed: false)
        let signed = Standing(signed: true, uploaded: false, confirmed: false)
        let sent = Standing(signed: true, uploaded: true, confirmed: false)
        let done = Standing(signed: true, uploaded: true, confirmed: true)
        #expect(status("unsigned", signed, fresh) == "unsigned, waits for the signature of Bob")
        #expect(status("collecting", signed, signed) == "collecting, waits for the table of Alice, Bob")
        #expect(status("collecting", done, sent) == "collecting, waits for Bob to confirm")
        #expect(status("training", done, done) == "training, the model is being fitted")
        #expect(
            TaskStatus(stage: "halted", reason: "A provider stopped the task.").phase.hasPrefix("halted. A provider"))
        #expect(TaskStatus(stage: "collecting").phase == "collecting")
    }
}
