import Foundation

// libFuzzer over the readers that need modules of this package: `scripts/fuzz` builds it for coverage and with the address
// sanitizer. `FUZZ_TARGET` chooses what is fed; `seeds FOLDER` writes inputs to begin with, made of real bytes.

/// libFuzzer's own `main`, under the name that the library gives to those who bring one.
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ feed: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

guard Target.chosen != nil else {
    print("FUZZ_TARGET is one of \(Target.allCases.map(\.rawValue).joined(separator: ", "))")
    exit(64)
}
if CommandLine.arguments.dropFirst().first == "seeds", let folder = CommandLine.arguments.last,
    let target = Target.chosen
{
    for (number, seed) in try target.seeds().enumerated() {
        try Data(seed).write(to: URL(fileURLWithPath: "\(folder)/\(target.rawValue)-\(number)"))
    }
    exit(0)
}
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(runFuzzer(&count, &arguments) { feedOne($0, $1) })
