import Glibc

/// Processor seconds of our code and of what it is compared with.
struct Ratio {
    let ours: Double
    let beside: Double
    var value: Double { ours / beside }
}

/// The least processor seconds of each of two pieces of work that run in turn, the first round not counted.
///
/// - Parameters:
///   - ours: returns something that depends on its work, so that none of it is left out.
///   - beside: the same.
func compare(rounds: Int = 5, ours: () throws -> Int, beside: () throws -> Int) rethrows -> Ratio {
    var least = (Double.infinity, Double.infinity)
    var sum = 0
    for round in 0...rounds {
        let start = processorSeconds()
        sum &+= try ours()
        let middle = processorSeconds()
        sum &+= try beside()
        let end = processorSeconds()
        if round > 0 { least = (min(least.0, middle - start), min(least.1, end - middle)) }
    }
    if sum == 0x1234_5678_9ABC { print() }
    return Ratio(ours: least.0, beside: least.1)
}

private func processorSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}
