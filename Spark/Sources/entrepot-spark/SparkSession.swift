import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import SwiftProtobuf

/// One session at a Spark Connect server: SQL goes out, batches of Arrow come back.
struct SparkSession: Sendable {
    let client: GRPCClient<HTTP2ClientTransport.Posix>
    /// What the server knows the session by.
    let identifier = UUID().uuidString.lowercased()
    /// Sent with each call, where the server asks for it.
    let token: String?

    private static let service = "spark.connect.SparkConnectService"

    private var metadata: Metadata {
        var metadata: Metadata = [:]
        if let token { metadata.addString("Bearer \(token)", forKey: "authorization") }
        return metadata
    }

    private var user: Spark_Connect_UserContext { .with { $0.userID = "entrepot" } }

    private var options: CallOptions {
        var options = CallOptions.defaults
        options.maxRequestMessageBytes = 128 << 20
        options.maxResponseMessageBytes = 128 << 20
        return options
    }

    /// The server's version.
    func version() async throws -> String {
        let request = Spark_Connect_AnalyzePlanRequest.with {
            $0.sessionID = identifier
            $0.userContext = user
            $0.clientType = "entrepot"
            $0.sparkVersion = .init()
        }
        let response = try await client.unary(
            request: ClientRequest(message: request, metadata: metadata),
            descriptor: MethodDescriptor(fullyQualifiedService: Self.service, method: "AnalyzePlan"),
            serializer: ProtobufSerializer<Spark_Connect_AnalyzePlanRequest>(),
            deserializer: ProtobufDeserializer<Spark_Connect_AnalyzePlanResponse>(), options: options
        ) { try $0.message }
        return response.sparkVersion.version
    }

    /// Runs a statement and hands its answer over, piece by piece.
    func run(_ sql: String) async throws {
        let request = Spark_Connect_ExecutePlanRequest.with {
            $0.sessionID = identifier
            $0.userContext = user
            $0.clientType = "entrepot"
            $0.plan.root.sql.query = sql
        }
        let rows = try await client.serverStreaming(
            request: ClientRequest(message: request, metadata: metadata),
            descriptor: MethodDescriptor(fullyQualifiedService: Self.service, method: "ExecutePlan"),
            serializer: ProtobufSerializer<Spark_Connect_ExecutePlanRequest>(),
            deserializer: ProtobufDeserializer<Spark_Connect_ExecutePlanResponse>(), options: options
        ) { response in
            var rows: Int64 = 0
            for try await message in response.messages {
                switch message.responseType {
                case .arrowBatch(let batch):
                    guard batch.numChunksInBatch <= 1 else {
                        throw RPCError(code: .unimplemented, message: "the server cuts batches of rows into pieces")
                    }
                    rows += batch.rowCount
                    Frame.rows(batch.data).write()
                case .executionProgress(let progress):
                    let done = progress.stages.reduce(0) { $0 &+ $1.numCompletedTasks }
                    Frame.progress(done: done, of: progress.stages.reduce(0) { $0 &+ $1.numTasks }).write()
                case .resultComplete, nil: break
                }
            }
            return rows
        }
        Frame.end(rows: rows).write()
    }

    /// Ends the session, and with it whatever still runs in it.
    func release() async throws {
        let request = Spark_Connect_ReleaseSessionRequest.with {
            $0.sessionID = identifier
            $0.userContext = user
            $0.clientType = "entrepot"
        }
        _ = try await client.unary(
            request: ClientRequest(message: request, metadata: metadata),
            descriptor: MethodDescriptor(fullyQualifiedService: Self.service, method: "ReleaseSession"),
            serializer: ProtobufSerializer<Spark_Connect_ReleaseSessionRequest>(),
            deserializer: ProtobufDeserializer<Spark_Connect_ReleaseSessionResponse>(), options: options
        ) { try $0.message }
    }
}
