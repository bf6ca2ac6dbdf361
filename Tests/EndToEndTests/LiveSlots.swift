import Testing

/// A few live tests run at once: each brings a service, clients and curl, and all of them together would starve each other
/// on a small machine until what one waits for takes a minute.
struct LiveSlots: SuiteTrait, TestTrait, TestScoping {
    private static let slots = Slots(free: 6)

    var isRecursive: Bool { true }

    func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? { testCase == nil ? nil : self }

    func provideScope(for test: Test, testCase: Test.Case?, performing function: () async throws -> Void) async throws {
        await Self.slots.enter()
        do { try await function() } catch {
            await Self.slots.leave()
            throw error
        }
        await Self.slots.leave()
    }

    private actor Slots {
        private var free: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(free: Int) { self.free = free }

        func enter() async {
            if free > 0 {
                free -= 1
                return
            }
            await withCheckedContinuation { waiting.append($0) }
        }

        func leave() {
            if waiting.isEmpty {
                free += 1
            } else {
                waiting.removeFirst().resume()
            }
        }
    }
}

extension Trait where Self == LiveSlots {
    /// Runs beside a few other live tests only.
    static var live: Self { LiveSlots() }
}
