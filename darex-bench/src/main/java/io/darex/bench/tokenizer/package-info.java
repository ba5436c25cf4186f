/** Tokenizers from the files of Hugging Face folders. */
package io.darex.bench.tokenizer;
