/** Hugging Face folders and PEFT adapters as checkpoints, and their digests. */
package io.darex.prune.folder;
