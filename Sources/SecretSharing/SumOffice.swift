extension SumRounds {
    /// What one office knows before it hears of the others.
    public struct Office: Sendable {
        /// SHA-256 of the task.
        let task: [UInt8]
        /// In the order of the task.
        let names: [String]
        /// This office's place among them.
        let place: Int
        let plan: [UInt8]
        let commitment: [UInt8]
        let program: String
        let request: Request?

        /// What a request costs, and what this office's ledger has left for it, in millionths of ε.
        public struct Request: Sendable {
            /// The price.
            public let price: Int
            /// What is left, without the price of this one where it is set aside already.
            public let left: Int

            public init(price: Int, left: Int) {
                self.price = price
                self.left = left
            }
        }

        /// - Parameters:
        ///   - task: 32 bytes.
        ///   - names: all offices in the order of the task.
        ///   - place: of this office among them.
        ///   - plan: a digest of all questions and their noise.
        ///   - commitment: to this office's table, 32 bytes.
        ///   - request: where the rounds are those of a request.
        public init(
            task: [UInt8], names: [String], place: Int, plan: [UInt8], commitment: [UInt8], program: String,
            request: Request? = nil
        ) {
            self.request = request
            self.task = task
            self.names = names
            self.place = place
            self.plan = plan
            self.commitment = commitment
            self.program = program
        }
    }
}
