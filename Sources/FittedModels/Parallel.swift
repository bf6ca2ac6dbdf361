import Dispatch

/// The results of independent pieces of work on all processors, in order. The result does not depend on the threads.
func inParallel<Result: Sendable>(_ count: Int, _ work: @Sendable (Int) -> Result) -> [Result] {
    let results = Results<Result>(count: count)
    DispatchQueue.concurrentPerform(iterations: count) { index in
        results.put(work(index), at: index)
    }
    return results.all
}

/// Proof: values are touched under the lock alone.
private final class Results<Result: Sendable>: @unchecked Sendable {
    private let lock = DispatchQueue(label: "results")
    private var values: [Result?]

    init(count: Int) { values = [Result?](repeating: nil, count: count) }

    func put(_ value: Result, at index: Int) { lock.sync { values[index] = value } }

    var all: [Result] { lock.sync { values.compactMap { $0 } } }
}
