import HTTPTypes

extension Problem {
    /// Why a call does not fit the stage of the task.
    static func life(_ refusal: LifeRefusal) -> Problem {
        switch refusal {
        case .notAProvider:
            return wrongRole("providers")
        case .unsigned(let missing):
            let names = missing.joined(separator: ", ")
            return Problem(
                .conflict, code: "spec_unsigned", detail: "The task has not been signed by every provider.",
                hint:
                    "Missing: \(names). Sign with `entrepot task sign` and hand the signature to POST /spec/signatures.",
                audience: .parties)
        case .alreadyConfirmed:
            return Problem(
                .conflict, code: "already_confirmed", detail: "This person has already uploaded their data.",
                hint: "A confirmed table cannot be replaced. Before the fit, DELETE /data takes it back.",
                audience: .owner)
        case .noUpload:
            return Problem(
                .conflict, code: "no_upload", detail: "There is no table of this party.",
                hint: "Upload one with POST /upload_data first.", audience: .owner)
        case .anotherTable:
            return Problem(
                .conflict, code: "hash_mismatch", detail: "The table that the service holds is not the one confirmed.",
                hint: "Upload the file again and confirm the sha256 that the upload answers.", audience: .owner)
        case .alreadyReleased:
            return Problem(
                .conflict, code: "already_released", detail: "The model has been released.",
                hint: "What was released cannot be called back.", audience: .parties)
        case .alreadyFitted:
            return Problem(
                .conflict, code: "already_fitted", detail: "The fit has begun or is over.",
                hint: "Tables are destroyed when the fit ends; the ledger says so.", audience: .parties)
        case .deadlinePassed:
            return Problem(
                .gone, code: "deadline_passed", detail: "The task's time for this is over.",
                hint: "The deadlines stand in the task (GET /spec). A new task is needed.", audience: .parties)
        case .wrongStage(let stage):
            return Problem(
                .conflict, code: stage.isFinal ? "closed" : "wrong_stage",
                detail: "The task is \(stage.rawValue).",
                hint: "GET /model_status?verbose=1 says where the task stands.", audience: .parties)
        }
    }
}
