import Foundation
import Testing

@testable import Tasks

@Suite struct PresetTests {
    @Test("every file of Models/ is a preset, and every preset says when to use it")
    func files() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Models")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yaml" }
        #expect(Set(files.map { $0.deletingPathExtension().lastPathComponent }) == Set(SynthesizerPreset.all.keys))
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.hasPrefix("# "))
            let name = file.deletingPathExtension().lastPathComponent
            #expect(SynthesizerPreset(name: name, yaml: text) == SynthesizerPreset.all[name])
        }
    }

    @Test("the task's own parameters stand above the preset's, and an unknown preset resolves to nothing")
    func resolution() throws {
        let wide = TaskSpecification.SynthesizerChoice(
            method: .preset("clique-tree-wide"), parameters: ["accounting": .text("zcdp")])
        let resolved = try #require(wide.resolved)
        #expect(resolved.method == "clique-tree")
        #expect(resolved.parameters == ["cells": .integer(1_000_000), "accounting": .text("zcdp")])
        let own = TaskSpecification.SynthesizerChoice(method: .preset("aim"), parameters: ["degree": .integer(2)])
        #expect(own.resolved?.parameters["degree"] == .integer(2))
        #expect(TaskSpecification.SynthesizerChoice().resolved?.method == "auto")
        #expect(TaskSpecification.SynthesizerChoice(method: .preset("nothing")).resolved == nil)
    }

    @Test("a text that names no method, or holds something else, is no preset")
    func refused() {
        for text in ["", "method: magic", "params: {}", "method: auto\nextra: 1", "method: auto\nparams: [1]"] {
            #expect(SynthesizerPreset(name: "x", yaml: text) == nil, "\(text)")
        }
    }
}
