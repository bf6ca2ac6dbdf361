extension TaskSpecification {
    /// A question that is asked of the joined table once, inside the fit, for its part of the task's one ε.
    public struct PermittedQuery: Sendable, Equatable {
        /// What is asked.
        public enum Kind: String, Sendable, CaseIterable {
            /// Rows, or rows that meet the conditions.
            case count
            /// Of one column's values, in whole units and within a public clamp.
            case sum
            /// The same divided by the number of rows that have a value.
            case mean
            /// Rows in each cell of one or more columns.
            case histogram
            /// Of one ordered column.
            case quantile
            /// Keys that the join holds.
            case cardinality
            /// What an exporter's office and an importer's office say about the same flows, side by side.
            case reconcile
            /// Units that both lists of a linkage have, allowing for links that are missing and for false ones, and how good
            /// the linkage is.
            case linked
        }

        /// Unique in the task; `entrepot query NAME` asks for the answer.
        public var name: String
        /// What is asked.
        public var kind: Kind
        /// Columns of the joined table that the answer is about. Of `reconcile`: the exporter's value, the importer's.
        public var columns: [String]
        /// Column equals value, all of them.
        public var conditions: [String: String]
        /// One answer for each combination of values of these columns.
        public var by: [String]
        /// Values outside count as its ends; public, and the noise of a sum is in proportion to it.
        public var clamp: ClosedRange<Double>?
        /// What a sum counts in: values are rounded to whole multiples.
        public var unit: Double?
        /// Which quantiles, from 0 to 1.
        public var shares: [Double]
        /// Import over export that needs no explanation: what insurance and freight add (CIF against FOB).
        public var allowance: ClosedRange<Double>?
        /// How many discrepancies are listed first.
        public var top: Int?
        /// The price: the query gets the part `epsilon / privacy.epsilon` of the task's budget.
        public var epsilon: Double
        /// As the task states it: 0 where it does not.
        public var delta: Double

        /// A query from its parts; each as described at its property.
        public init(
            name: String, kind: Kind, columns: [String] = [], conditions: [String: String] = [:], by: [String] = [],
            clamp: ClosedRange<Double>? = nil, unit: Double? = nil, shares: [Double] = [],
            allowance: ClosedRange<Double>? = nil, top: Int? = nil, epsilon: Double, delta: Double = 0
        ) {
            self.name = name
            self.kind = kind
            self.columns = columns
            self.conditions = conditions
            self.by = by
            self.clamp = clamp
            self.unit = unit
            self.shares = shares
            self.allowance = allowance
            self.top = top
            self.epsilon = epsilon
            self.delta = delta
        }
    }
}
