import ArgumentParser
import Attestation
import Client
import EngineCommands
import Foundation

/// Saved documents, signed reports, samples and what releases cost.
extension VerifyCommand {
    /// A file of any kind that is verified, no further than the longest of its kind.
    func read(_ document: String) throws -> [UInt8] {
        let limit = { (head: [UInt8]) in
            SignedReport.isReport(head) ? FileLimit.report : OfficeAudit.begins(head) ? .audit : .receipt
        }
        let bytes = try Files.beginning(of: document, limit: limit)
        guard bytes.count > limit(bytes).bytes else { return bytes }
        guard SignedReport.isReport(bytes) else {
            try refuseOther(bytes, named: document)
            throw notAuthentic("the document", EvidenceError.fileLength)
        }
        throw notAuthentic("the report", CommandFailure("It is longer than \(FileLimit.report).", code: .evidence))
    }

    mutating func verify(bytes: [UInt8], at path: String) throws {
        let format = chosenFormat ?? DocumentVerification.detect(bytes)
        let trust = try trust(format, stamped: bytes)
        let check = { () throws(EvidenceError) in
            try DocumentVerification.verify(bytes, format: format, trust: trust)
        }
        let appraisal: DocumentVerification.Appraisal
        do {
            appraisal = try check()
        } catch {
            try refuseOther(bytes, named: path)
            throw notAuthentic("the document", error)
        }
        what = "the document"
        show(appraisal.evidence, refusals(appraisal))
        if repetitions > 0 {
            let start = ContinuousClock.now
            for _ in 0..<repetitions { _ = try check() }
            let one = (ContinuousClock.now - start) / repetitions
            Console.say(
                "one check took \(one.formatted(.units(allowed: [.milliseconds], fractionalPart: .show(length: 3))))")
        }
        try leave(appraisal)
    }

    mutating func verify(report bytes: [UInt8]) throws {
        let checked: DocumentVerification.Appraisal
        do {
            let report = try SignedReport(bytes: bytes)
            let trust = try trust(chosenFormat ?? report.evidence.format, stamped: bytes)
            checked = try report.verify { evidence throws(EvidenceError) in
                try DocumentVerification.verify(
                    evidence, format: report.evidence.format, trust: trust,
                    vouches: report.isVouchedFor)
            }
        } catch let error as ReportError {
            throw notAuthentic("the report", error)
        }
        what = "the report"
        show(checked.evidence, refusals(checked))
        try leave(checked)
    }

    /// The provenance file beside a file of samples; nil if there is none.
    func readProvenance(of samples: String) throws -> [UInt8]? {
        let path = provenance ?? SampleProvenance.path(of: samples)
        guard provenance != nil || FileManager.default.fileExists(atPath: path) else { return nil }
        return try Files.bytes(at: path, limit: .evidence)
    }

    mutating func verify(samples: String, _ bytes: [UInt8]) throws {
        let provenance: SampleProvenance
        let appraisal: DocumentVerification.Appraisal
        do {
            provenance = try SampleProvenance(json: bytes)
            appraisal = try provenance.verify(
                samples: try SampleProvenance.digest(ofFile: samples),
                trust: try trust(chosenFormat ?? provenance.evidence.format))
        } catch let error as ReceiptError {
            throw notAuthentic("the provenance of \(samples)", error)
        }
        what = samples
        if !json { showFacts(provenance) }
        show(appraisal.evidence, refusals(appraisal))
        try leave(appraisal)
    }

    func verify(privacyOf path: String) throws {
        let verification = try PrivacyVerification(
            try Files.bytes(at: path, limit: .model), rowsPerKey: rowsPerKey,
            task: try task.map { try Files.task(at: $0, allowsMissingKeys: true) })
        Console.show(json ? String(decoding: try verification.json, as: UTF8.self) : verification.text)
        if !verification.isKept { throw ExitCode.evidence }
    }
}
