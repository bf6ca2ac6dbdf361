import Foundation

// libFuzzer over the readers that need modules of this package: `scripts/fuzz` builds it for coverage and with the address
// sanitizer. `FUZZ_TARGET` chooses what is fed; `seeds FOLDER` writes inputs to begin with, made of real bytes.
//
// The library brings `main`, which calls these two.

/// Before the first input.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    guard let target = Target.chosen else {
        print("FUZZ_TARGET is one of \(Target.allCases.map(\.rawValue).joined(separator: ", "))")
        exit(64)
    }
    let words = CommandLine.arguments
    guard words.count == 3, words[1] == "seeds" else { return 0 }
    do {
        for (number, seed) in try target.seeds().enumerated() {
            try Data(seed).write(to: URL(fileURLWithPath: "\(words[2])/\(target.rawValue)-\(number)"))
        }
    } catch {
        print("no seeds for \(target.rawValue): \(error)")
        exit(1)
    }
    exit(0)
}

/// One input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt { feedOne(start, count) }
