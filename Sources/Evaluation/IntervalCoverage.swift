/// How often the page's ranges held the table's own figure, where that was known: `IntervalTests` in the package's tests, with
/// `ENTREPOT_REPLICATES=200`.
enum IntervalCoverage {
    static let words =
        "On simulated tables whose figures were known they held it in TODO."
}
