import Engine
import FittedModels
import HTTPTypes
import Logging
import Tasks

/// The one fit of the task.
extension TaskDriver {
    /// Resumes a fit that a restart cut short after its first release.
    func resume() {
        guard life.stage == .training, fit == nil else { return }
        startFit()
    }

    func startFit() {
        uploads.forgetInterrupted()
        heldTables = !tables.isEmpty
        // Handed over one by one, so that the fit holds the only reference when it wipes them.
        let handover = TableHandover()
        for party in specification.providers {
            if let table = tables.take(from: party.name) { handover.put(party.name, table) }
        }
        let began = ledger.beginningOfFit(isOfThisBoot: heldTables)
        let work = fitter.begin(handover, ledger: ledger, shards: heldTables ? shards : nil)
        logger.info("the fit begins")
        fit = Task { [weak self] in
            let end = await work.value
            await self?.fitEnded(end.outcome, at: began + end.seconds)
        }
    }

    /// - Parameter moment: the one time of all that is told now, in seconds since 1970: what happened in between, and when, is
    ///   told to nobody.
    private func fitEnded(_ outcome: Result<FinishedFit, FitFailure>, at moment: Int64) {
        fit = nil
        var next = life
        let isAwaited = life.stage == .training
        record { try ledger.recordDestruction(isOfThisBoot: heldTables, at: moment) }
        switch outcome {
        case .success(let finished):
            _ = try? next.handle(.fitFinished)
            guard isAwaited else { break }
            if let directory { record { try directory.keep(model: finished.file) } }
            record { try ledger.recordModel(file: StateDirectory.modelName, digest: finished.digest, at: moment) }
            product = finished.product
        case .failure(.tooFewRows(let short)):
            _ = try? next.handle(.tooFewRows(least: short.least))
            guard isAwaited else { break }
            record { try ledger.recordTooFewRows(short, at: moment) }
            forget()
        case .failure(.failed): fail(&next, because: nil, isAwaited, at: moment)
        case .failure(.shard(let cause)): fail(&next, because: cause, isAwaited, at: moment)
        }
        change(to: next)
    }

    private func fail(_ next: inout TaskLife, because cause: String?, _ isAwaited: Bool, at moment: Int64) {
        _ = try? next.handle(.fitFailed(because: cause))
        if isAwaited { record { try end(.failed, because: cause, at: moment) } }
    }

    // MARK: - What the fit gave

    /// The model, once the task is trained. A task that agreed on none is refused at any time.
    func fittedModel() throws(Problem) -> FittedModel {
        guard specification.releasesRows else { throw Problem.rowsNotAgreed }
        guard case .model(let model) = try finished() else { throw Problem.internalError }
        return model
    }

    /// What the task offers, once it has finished.
    func finished() throws(Problem) -> TaskProduct {
        switch life.stage {
        case .trained:
            if let product { return product }
            throw Problem.internalError
        case .unsigned, .collecting, .training:
            throw Problem(
                .badRequest, code: "model_not_ready",
                detail: "Model is not yet fit to data. Please wait until the data has been uploaded and model fitted.",
                hint: "Ask /model_status until it says trained.", audience: .parties)
        case .closed, .expired:
            throw Problem.life(.deadlinePassed)
        case .failed, .halted:
            throw Problem(
                .conflict, code: "stage_failed", detail: life.reason ?? "There is no model.",
                hint: "GET /model_status?verbose=1 says where the task stands.", audience: .parties)
        }
    }
}

extension Problem {
    /// The task releases nothing but its queries.
    static let rowsNotAgreed = Problem(
        .conflict, code: "rows_not_agreed",
        detail: "The signed task releases the answers of its queries alone: no model, no synthetic rows.",
        hint: "GET /queries lists the queries. Rows need another task, with new signatures.", audience: .parties)
}
