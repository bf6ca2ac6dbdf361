// What our loops cost beside the barest loop that does the same work, in the same process and in turn, so that a busy or
// slow machine changes both. Prints one line of JSON for each; Benchmarks/check.py compares them with thresholds.json.
//
//   Ratios            everything, about half a minute
//   Ratios NAME…      some of it: count-pairs, draw-noise, read-csv, write-csv, gram, sample-rows, match-long-keys,
//                     link-without-pairs, verify-evidence
let wanted = CommandLine.arguments.dropFirst()
let measurements: [(name: String, measure: () throws -> Ratio)] = [
    ("count-pairs", countingPairs), ("draw-noise", drawingNoise), ("read-csv", readingCSV), ("write-csv", writingCSV),
    ("gram", gramMatrix), ("sample-rows", samplingRows), ("match-long-keys", matchingLongKeys),
    ("link-without-pairs", linkingWithoutPairs), ("verify-evidence", verifyingEvidence),
]
for (name, measure) in measurements where wanted.isEmpty || wanted.contains(name) {
    let ratio = try measure()
    print(
        #"{"name": "\#(name)", "ratio": \#(ratio.value), "ours": \#(ratio.ours), "beside": \#(ratio.beside), "#
            + #""unit": "processor seconds"}"#)
}
