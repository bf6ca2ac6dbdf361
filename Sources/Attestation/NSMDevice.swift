#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The Nitro Secure Module: bytes of CBOR in, bytes of CBOR out, one request at a time.
public protocol NSMDevice: Sendable {
    /// - Throws: `AttesterError`.
    func exchange(_ request: [UInt8]) throws(AttesterError) -> [UInt8]
}

/// `/dev/nsm` of Linux (`include/uapi/linux/nsm.h`). It has been tested against a byte-exact fake only: nobody has run it on
/// hardware yet.
public struct LinuxNSMDevice: NSMDevice {
    /// `_IOWR(0x0A, 0, struct nsm_raw)` on 64 bit.
    static let command: UInt = 0xC020_0A00
    static let requestLimit = 0x1000
    static let responseLimit = 0x3000

    /// `ioctl`, or a stand-in for it.
    typealias Control = @Sendable (_ file: Int32, _ command: UInt, _ argument: UnsafeMutableRawPointer) -> Int32

    let path: String
    let control: Control

    /// - Parameter path: of the character device.
    public init(path: String = "/dev/nsm") {
        self.init(path: path) { ioctl($0, $1, $2) }
    }

    init(path: String, control: @escaping Control) {
        self.path = path
        self.control = control
    }

    /// One request and its response, each as CBOR.
    ///
    /// - Throws: `AttesterError` if the device cannot be opened, the request is too long or the driver refuses it.
    public func exchange(_ request: [UInt8]) throws(AttesterError) -> [UInt8] {
        guard request.count <= LinuxNSMDevice.requestLimit else { throw .deviceRefused(.inputTooLarge) }
        let file: Int32
        do {
            file = try LinuxFile.open(path, O_RDWR)
        } catch {
            throw error.errno == ENOENT ? .deviceMissing : .deviceFailed(errno: error.errno)
        }
        defer { close(file) }
        var request = request
        var response = [UInt8](repeating: 0, count: LinuxNSMDevice.responseLimit)
        let count = LinuxNSMDevice.call(control, file, &request, &response)
        guard let count else { throw .deviceFailed(errno: errno) }
        guard count <= response.count else { throw .deviceAnswer }
        return Array(response[0..<count])
    }

    /// One ioctl with `struct nsm_raw { {u64 address; u64 length} request, response }`.
    /// - Returns: the true length of the response, which the driver writes into the structure; nil if the call failed.
    private static func call(
        _ control: Control, _ file: Int32, _ request: inout [UInt8], _ response: inout [UInt8]
    ) -> Int? {
        // Proof: the three buffers outlive the call, which gets their addresses and lengths; the driver writes the response
        // and the structure alone, and no more than it is told there is room for. `exchange` checks the length it gives.
        request.withUnsafeMutableBytes { request in
            response.withUnsafeMutableBytes { response in
                var raw: [UInt64] = [
                    UInt64(UInt(bitPattern: request.baseAddress)), UInt64(request.count),
                    UInt64(UInt(bitPattern: response.baseAddress)), UInt64(response.count),
                ]
                let result = raw.withUnsafeMutableBytes { raw in
                    raw.baseAddress.map { control(file, command, $0) } ?? -1
                }
                return result == 0 ? Int(exactly: raw[3]) : nil
            }
        }
    }
}
