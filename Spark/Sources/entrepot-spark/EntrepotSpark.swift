import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// Carries SQL from `entrepot fit --engine spark` to a Spark Connect server, and the answers back. It knows neither what is asked
/// nor what is answered.
@main
enum EntrepotSpark {
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.count == 3, let host = arguments.first, let port = Int(arguments[2]),
            let isSecured = ["plain": false, "tls": true][arguments[3]]
        else {
            FileHandle.standardError.write(
                Data("entrepot-spark is started by entrepot fit --engine spark: HOST PORT plain|tls\n".utf8))
            exit(64)
        }
        let environment = ProcessInfo.processInfo.environment
        do {
            try await withGRPCClient(
                transport: try .http2NIOPosix(
                    target: .dns(host: host, port: port),
                    transportSecurity: isSecured ? security(environment["ENTREPOT_SPARK_CA"]) : .plaintext)
            ) { client in
                await serve(SparkSession(client: client, token: environment["ENTREPOT_SPARK_TOKEN"]))
            }
        } catch {
            Frame.unreachable("\(error)").write()
            exit(1)
        }
    }

    /// - Parameter authority: a file of certificates, of an office that has an authority of its own; else the machine's are trusted.
    private static func security(_ authority: String?) -> HTTP2ClientTransport.Posix.TransportSecurity {
        guard let authority else { return .tls }
        return .tls { $0.trustRoots = .certificates([.file(path: authority, format: .pem)]) }
    }

    /// One statement after another, until there are no more.
    private static func serve(_ session: SparkSession) async {
        await answer { Frame.version(try await session.version()).write() }
        let statements = Statements.incoming()
        // Whoever asked may end in the middle of a statement: what the server still does for it ends with the session.
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let (waiting, ask) = AsyncStream.makeStream(of: String.self)
        let asking = Task {
            for await statement in waiting { await answer { try await session.run(statement) } }
            end.finish()
        }
        for await statement in statements { ask.yield(statement) }
        ask.finish()
        try? await session.release()
        asking.cancel()
        for await _ in ended {}
    }

    private static func answer(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch let error as RPCError where [.unavailable, .cancelled, .deadlineExceeded].contains(error.code) {
            Frame.unreachable("\(error.code): \(error.message)").write()
        } catch let error as RPCError {
            Frame.refused(error.message).write()
        } catch {
            Frame.refused("\(error)").write()
        }
    }
}
