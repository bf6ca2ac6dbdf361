#pragma once

/// Whether this program overwrites memory before it gives it back. Linking this target is what makes it so.
int entrepot_wipes_freed_memory(void);
