package io.darex.prune;

import java.util.Optional;

/**
 * A file that lay beside a tuned model's weights, such as one of its tokenizer.
 *
 * @param digest SHA-256 of its bytes, lower-case hexadecimal
 * @param content its bytes, U8 {@code [bytes]}; empty where the base has a file of that name and
 *     digest
 */
public record SideFile(String digest, Optional<Tensor> content) {}
