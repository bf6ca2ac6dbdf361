#if ENTREPOT_MUTATIONS
    /// Bugs that the audit plants to see whether it catches them. They exist in test builds alone.
    enum Mutation: String, CaseIterable, Sendable {
        case takenSliceStaysBehind
        @TaskLocal static var active: Mutation?
    }

    @inline(__always)
    func planted(_ mutation: Mutation) -> Bool { Mutation.active == mutation }
#else
    enum Mutation { case takenSliceStaysBehind }

    @inline(__always)
    func planted(_ mutation: Mutation) -> Bool { false }
#endif
