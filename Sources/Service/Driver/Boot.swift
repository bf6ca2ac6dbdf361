import Foundation

/// One start of the service.
struct Boot: Sendable {
    /// 32 random bytes.
    let id: [UInt8]
    /// Unix time in milliseconds.
    let time: UInt64

    init(now: Date = Date()) {
        var generator = SystemRandomNumberGenerator()
        id = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        time = UInt64(max(0, now.timeIntervalSince1970) * 1000)
    }
}
