#if ENTREPOT_MUTATIONS
    /// Bugs of the service that the audit plants to see whether it catches them. They exist in test builds alone.
    enum ServiceMutation: String, CaseIterable, Sendable {
        /// A fit of no joined rows fails.
        case emptyJoinRefused
        /// A restart forgets what was drawn: the tables are taken and measured again, and only one reservation stands.
        case releasesForgotten
        /// The model of another task, with another ε, is served from the state folder.
        case othersModelServed

        @TaskLocal static var active: ServiceMutation?
    }

    func planted(_ mutation: ServiceMutation) -> Bool { ServiceMutation.active == mutation }
#else
    /// The names of the audit's planted bugs. Outside test builds none can be active.
    enum ServiceMutation {
        case emptyJoinRefused, releasesForgotten, othersModelServed
    }

    func planted(_ mutation: ServiceMutation) -> Bool { false }
#endif
