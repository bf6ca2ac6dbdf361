import VectorMath

extension ColumnDomain {
    /// How wide a cell is on the bins' own scale (linear or logarithmic); nil for a cell that is not an interval.
    public func width(of code: Int) -> Double? {
        guard case .bins(let binning) = cells, binning.grids.indices.contains(code) else { return nil }
        let width = abs(binning.grids[code].to - binning.grids[code].from)
        return width > 0 && !binning.spikes.contains(code) ? width : nil
    }
}
