// Speed and accuracy of `gaussian-copula`.
//
//   CopulaBenchmark speed [ROWS COLUMNS]        fit, Gram matrix against dsyrk, sampling
//   CopulaBenchmark simulate DIR                tables as CSV, for sdv-rows.py
//   CopulaBenchmark accuracy DIR [BENCHMARK…]   against other synthesizers; rows of sdv-rows.py in DIR count too
import Foundation

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "speed":
    try measureSpeed(
        rows: arguments.count > 2 ? Int(arguments[2]) ?? 1_000_000 : 1_000_000,
        columns: arguments.count > 3 ? Int(arguments[3]) ?? 50 : 50)
case "simulate" where arguments.count == 3:
    let folder = URL(fileURLWithPath: arguments[2])
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for one in Simulation.allCases {
        try one.table(rows: 50_000).csv().write(
            to: folder.appendingPathComponent("\(one.rawValue).csv"), atomically: true, encoding: .utf8)
    }
case "accuracy" where arguments.count >= 3:
    try measureAccuracy(
        folder: URL(fileURLWithPath: arguments[2]),
        benchmarks: arguments.dropFirst(3).map { URL(fileURLWithPath: $0) })
default:
    print("usage: CopulaBenchmark speed [ROWS COLUMNS] | simulate DIR | accuracy DIR [BENCHMARK…]")
    exit(64)
}
