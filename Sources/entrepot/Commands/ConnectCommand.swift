import ArgumentParser
import Client
import EngineCommands
import Evaluation
import Foundation

/// `entrepot connect`: a verified service as a plain HTTP address on this machine.
struct ConnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Makes a verified service reachable as plain HTTP on this machine, for curl, pandas, R or a browser.",
        discussion: """
            Verifies the service, shows what it proved on one card, and then passes calls on over TLS 1.3 with your key. \
            Every new local connection is verified anew, and boots and ledgers are remembered. /entrepot/ is a page for \
            people: what was verified, the task to sign, a check of your table on this machine, upload, progress and \
            download. GET /entrepot/card gives the card as JSON; receipts are kept beside what is remembered. It serves \
            programs and browsers on this machine alone and refuses web pages of other origins. Ends with Control-C.

            Example: entrepot connect --url https://service:8443 --key Alice.key
            """)

    @OptionGroup var service: ServiceOptions

    @Option(help: ArgumentHelp("The address on this machine; port 0 takes a free one.", valueName: "host:port"))
    var listen: String = "127.0.0.1:3030"

    @Flag(
        help: "Refuse calls that confirm or halt: only the page, where a person types the task's name, does either.")
    var ask = false

    func run() async throws {
        try await CommandFailure.reported {
            let (host, port) = try ListenAddress.parse(listen)
            let configuration = try service.configuration()
            guard configuration.key != nil else { throw ClientError.noKey }
            let page = LocalPage(style: EvaluationPage.style) { try TaskWords.text($0) }
            let proxy = try LocalProxy(configuration, host: host, port: port, page: page, asksFirst: ask)
            try await proxy.run(
                verified: { Console.say("\(ConnectionCard($0))") },
                listening: { port in
                    // At once: a program that waits for the first line finds both.
                    Console.say(
                        "\nlistening on http://\(host):\(port)   (Control-C ends it)\n"
                            + "in a browser  http://\(host):\(port)/entrepot/")
                })
        }
    }
}
