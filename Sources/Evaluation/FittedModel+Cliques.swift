import FittedModels
import GraphicalModels

extension FittedModel {
    /// The maximal cliques of the junction tree as columns, ascending, those of several columns first.
    var cliqueColumns: [[Int]] {
        let sets = model.tree.cliques.map { Set($0.map { attributes[$0].column }).sorted() }
        return Set(sets).sorted { ($1.count, $0.first ?? 0, $0.last ?? 0) < ($0.count, $1.first ?? 0, $1.last ?? 0) }
    }

    /// Cells of all cliques.
    var cliqueCells: Int { model.tree.totalCells }
}
