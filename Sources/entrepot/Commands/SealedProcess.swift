import CProcess
import CWipe
import EngineCommands
import Foundation

/// What a process does before it holds rows of others.
enum SealedProcess {
    /// Nothing that it writes is for other users of the machine, no core is dumped, and memory is locked and overwritten where the
    /// platform can.
    static func begin() {
        umask(0o077)
        entrepot_crash_silently()
        if entrepot_lock_memory() != 0 {
            Console.say("memory is not locked: a host that swaps could write it to its disk (see ulimit -l)")
        }
        if entrepot_wipes_freed_memory() == 0 {
            Console.say("memory that was given back is not overwritten on this platform")
        }
    }
}
