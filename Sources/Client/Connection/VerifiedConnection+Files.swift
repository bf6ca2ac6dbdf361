import Bytes
import Crypto
import Foundation
import Ledger
import NIOCore
import NIOHTTP1
import Tasks

/// Files on their way to and from the service, piece by piece.
extension VerifiedConnection {
    /// What the service says about a table that it holds. The row count is the owner's own.
    public struct UploadReceipt: Sendable, Equatable, Codable {
        /// The service's words.
        public var message: String
        /// Of the file as it was sent, in hexadecimal.
        public var sha256: String
        /// The rows of the owner's table.
        public var rows: Int
        /// The columns of the owner's table.
        public var columns: Int
        /// What the owner may not have meant, in sentences. For the owner only.
        public var warnings: [String]?
    }

    private static let pieceSize = 256 * 1024

    /// How much of a file the service has of an upload whose connection broke.
    private struct UploadStanding: Decodable {
        let received: Int
        let size: Int?
        /// Of the bytes received.
        let sha256: String?
    }

    /// `POST /upload_data`: sends a CSV file, and continues where an earlier connection broke.
    ///
    /// - Parameters:
    ///   - path: the file; it is read piece by piece.
    ///   - progress: called with the bytes that the service has and those of the whole.
    /// - Throws: `ClientError.service` with the table's problems if the service refuses it.
    public func upload(file path: String, progress: (Int, Int) -> Void = { _, _ in }) async throws -> UploadReceipt {
        guard party != nil else { throw ClientError.noKey }
        guard let file = FileHandle(forReadingAtPath: path) else { throw ClientError.unreadable(path: path) }
        defer { try? file.close() }
        let size: Int
        do {
            size = Int(try file.seekToEnd())
            try file.seek(toOffset: 0)
        } catch {
            throw ClientError.unreadable(path: path)
        }
        let (start, hash) = try await continuation(of: file, size: size)
        var sent = start
        let name = URL(fileURLWithPath: path).lastPathComponent
        let receipt = try await upload(size: size, from: size == 0 ? nil : start, after: hash, named: name) {
            progress(sent, size)
            guard let piece = try file.read(upToCount: VerifiedConnection.pieceSize), !piece.isEmpty else { return nil }
            sent += piece.count
            return ByteBuffer(bytes: piece)
        }
        // A service that answers at once leaves no time to ask for the end after the last piece.
        progress(size, size)
        return receipt
    }

    /// What the service has of an upload that could be this file's; nil if nothing.
    private func standing(size: Int) async throws -> UploadStanding? {
        let body = try await get("/upload_data/standing")
        let standing = try? JSONDecoder().decode(UploadStanding.self, from: Data(body))
        guard let standing, standing.received > 0, standing.received < size, standing.size == size else { return nil }
        return standing
    }

    /// The pieces of a file are not those of which the service has the beginning.
    struct AnotherFile: Error {}

    /// `POST /upload_data` of a file that can be read only once, as a browser gives it: what the service has of it already is
    /// compared and not sent again.
    ///
    /// - Parameter isAnew: sends all of it, whatever the service has.
    /// - Throws: ``AnotherFile`` if the service has the beginning of another one; nothing was sent then.
    func upload(
        size: Int, isAnew: Bool, next: () async throws -> ByteBuffer?
    ) async throws -> UploadReceipt {
        guard party != nil else { throw ClientError.noKey }
        var hash = SHA256()
        var start = 0
        var rest: ByteBuffer?
        if !isAnew, let standing = try await standing(size: size) {
            var left = standing.received
            while left > 0, var piece = try await next() {
                let part = piece.readSlice(length: min(left, piece.readableBytes)) ?? ByteBuffer()
                // Proof: the bytes are hashed within the call that lends them.
                part.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
                left -= part.readableBytes
                rest = piece.readableBytes > 0 ? piece : nil
            }
            guard left == 0, Hex.encode(Array(hash.finalize())) == standing.sha256 else { throw AnotherFile() }
            start = standing.received
        }
        return try await upload(size: size, from: size == 0 ? nil : start, after: hash) {
            guard let piece = rest else { return try await next() }
            rest = nil
            return piece
        }
    }

    /// How much of this file the service has, with the digest of that part; the file is then positioned there.
    private func continuation(of file: FileHandle, size: Int) async throws -> (sent: Int, hash: SHA256) {
        var hash = SHA256()
        guard let standing = try await standing(size: size) else { return (0, hash) }
        var left = standing.received
        while left > 0, let piece = try file.read(upToCount: min(left, Self.pieceSize)), !piece.isEmpty {
            hash.update(data: piece)
            left -= piece.count
        }
        if left == 0, Hex.encode(Array(hash.finalize())) == standing.sha256 { return (standing.received, hash) }
        try file.seek(toOffset: 0)
        return (0, SHA256())
    }

    /// `POST /upload_data`: sends a CSV file piece by piece, and checks that the service received exactly that and
    /// recorded it in its ledger.
    ///
    /// - Parameters:
    ///   - start: from which byte on; nil if it is not to be continued if the connection breaks.
    ///   - hash: of the bytes before `start`.
    ///   - name: of the file, for its owner's opening.
    func upload(
        size: Int, from start: Int? = nil, after hash: SHA256 = SHA256(), named name: String? = nil,
        next: () async throws -> ByteBuffer?
    ) async throws -> UploadReceipt {
        guard party != nil else { throw ClientError.noKey }
        let blinding = try prepareUpload(isContinued: start ?? 0 > 0)
        var headers: HTTPHeaders = ["Content-Type": "text/csv", Self.openingHeader: blinding.hex]
        if let start { headers.add(name: "Content-Range", value: "bytes \(start)-\(size - 1)/\(size)") }
        var running = hash
        let head = try await http.send(.POST, "/upload_data", headers: headers, length: size - (start ?? 0)) {
            guard let piece = try await next() else { return nil }
            // Proof: the bytes are hashed within the call that lends them.
            piece.withUnsafeReadableBytes { running.update(bufferPointer: $0) }
            return piece
        }
        let body = try await finish(head)
        let receipt: UploadReceipt
        do {
            receipt = try JSONDecoder().decode(UploadReceipt.self, from: Data(body))
        } catch {
            throw ClientError.brokenConnection("the answer of the service cannot be read")
        }
        guard let digest = LedgerHash(bytes: Array(running.finalize())), receipt.sha256 == digest.hex else {
            throw ClientError.brokenConnection("the service holds another table than the one that was sent")
        }
        try keep(UploadOpening(blinding: blinding, file: digest), named: name)
        return receipt
    }

    /// The arguments of `GET /samples`.
    public struct SampleRequest: Sendable, Equatable {
        /// How many rows.
        public var rows: Int
        /// `csv`, `json`, `ndjson` or `arrow`.
        public var format: String
        /// nil lets the service draw a fresh one.
        public var seed: UInt64?
        /// Names of the columns wanted; nil for all.
        public var columns: [String]?
        /// `COLUMN=VALUE`: only rows like this.
        public var conditions: [String]
        /// `balanced` or `independent`; nil leaves it to the service.
        public var draws: String?
        /// Rows of one of several refitted models, counted from 1; nil for the model itself.
        public var imputation: Int?

        /// The arguments of one download; each as described at its property.
        public init(
            rows: Int = 1000, format: String = "csv", seed: UInt64? = nil, columns: [String]? = nil,
            conditions: [String] = [], draws: String? = nil, imputation: Int? = nil
        ) {
            self.rows = rows
            self.format = format
            self.seed = seed
            self.columns = columns
            self.conditions = conditions
            self.draws = draws
            self.imputation = imputation
        }

        var path: String { "/samples?\(query)" }

        var query: String {
            var path = "format=\(VerifiedConnection.escaped(format))&num_samples=\(rows)"
            if let seed { path += "&seed=\(seed)" }
            if let columns { path += "&columns=\(columns.map(VerifiedConnection.escaped).joined(separator: ","))" }
            for condition in conditions { path += "&where=\(VerifiedConnection.escaped(condition))" }
            if let draws { path += "&draws=\(VerifiedConnection.escaped(draws))" }
            if let imputation { path += "&imputation=\(imputation)" }
            return path
        }
    }

    /// `GET /model` into a file, which appears only when it is complete.
    ///
    /// - Returns: its SHA-256, in hexadecimal, which is the one that the service's ledger holds.
    /// - Throws: `ClientError.brokenConnection` where another file came than the service says.
    public func model(file path: String) async throws -> String {
        let call = "/model"
        try admitFigures(call)
        let head = try await http.send(.GET, call)
        let tag = head.headers.first(name: "ETag")
        let body = try await finish(head, upTo: Self.largestModel)
        let digest = SHA256.hash(data: body).map { Hex.encode([$0]) }.joined()
        guard tag == "\"\(digest)\"" else {
            throw ClientError.brokenConnection("the model that came is not the one that the service announced")
        }
        do {
            try Data(body).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ClientError.unwritable(path: path)
        }
        return digest
    }

    /// Bytes of a model that a client takes.
    private static let largestModel = 2 << 30

    /// The headers that came with samples.
    public struct SampleReceipt: Sendable, Equatable {
        /// How many bytes came.
        public var bytes: Int
        /// The seed that gives these rows again.
        public var seed: UInt64?
        /// The task's ε, as the service wrote it.
        public var epsilonSpent: String?
        /// The newest ledger entry, in hexadecimal, as the service wrote it.
        public var ledgerHead: String?
    }

    /// `GET /samples`: hands the rows on as they come.
    public func samples(_ request: SampleRequest, to write: ([UInt8]) throws -> Void) async throws -> SampleReceipt {
        try admitFigures(request.path)
        let head = try await http.send(.GET, request.path)
        guard (200..<300).contains(head.status) else {
            throw ClientError.service(ServiceProblem(head.status, try await http.readBody()))
        }
        try observe(head.headers)
        var bytes = 0
        while let piece = try await http.nextPiece() {
            bytes += piece.readableBytes
            try write(Array(piece.readableBytesView))
        }
        try remember()
        try await keepReceipts()
        return SampleReceipt(
            bytes: bytes, seed: head.headers.first(name: "Entrepot-Seed").flatMap { UInt64($0) },
            epsilonSpent: head.headers.first(name: "X-Epsilon-Spent"),
            ledgerHead: head.headers.first(name: "X-Ledger-Head"))
    }

    /// `GET /samples/provenance`: what the service says about samples that were downloaded, signed.
    public func provenance(of request: SampleRequest, seed: UInt64) async throws -> [UInt8] {
        var seeded = request
        seeded.seed = seed
        return try await get("/samples/provenance?\(seeded.query)")
    }

    /// `GET /samples` into a file, which appears only when it is complete; its provenance is stored beside it.
    public func samples(_ request: SampleRequest, file path: String) async throws -> SampleReceipt {
        let part = "\(path).part"
        guard FileManager.default.createFile(atPath: part, contents: nil),
            let file = FileHandle(forWritingAtPath: part)
        else { throw ClientError.unwritable(path: path) }
        do {
            let receipt = try await samples(request) { try file.write(contentsOf: Data($0)) }
            try file.close()
            if let seed = receipt.seed {
                let provenance = try await provenance(of: request, seed: seed)
                try Data(provenance).write(to: URL(fileURLWithPath: SampleProvenance.path(of: path)), options: .atomic)
            }
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: part, toPath: path)
            return receipt
        } catch {
            try? file.close()
            try? FileManager.default.removeItem(atPath: part)
            throw error
        }
    }
}
