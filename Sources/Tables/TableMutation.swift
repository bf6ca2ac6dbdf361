#if ENTREPOT_MUTATIONS
    /// Bugs of reading and joining that the audit plants to see whether it catches them. They exist in test builds alone.
    package enum TableMutation: String, CaseIterable, Sendable {
        /// A second row of a key is taken where each key may have one.
        case duplicatesTaken
        /// Rows of a key beyond the limit stay in the party's table.
        case truncationSkipped
        /// All combinations of a key's rows stay in the join.
        case combinationsKept
        /// The rows of a key that stay are the first of the file.
        case fileOrderKept

        @TaskLocal package static var active: TableMutation?
    }

    @inline(__always)
    func planted(_ mutation: TableMutation) -> Bool { TableMutation.active == mutation }
#else
    /// The names of the audit's planted bugs. Outside test builds none can be active.
    enum TableMutation {
        case duplicatesTaken, truncationSkipped, combinationsKept, fileOrderKept
    }

    @inline(__always)
    func planted(_ mutation: TableMutation) -> Bool { false }
#endif
