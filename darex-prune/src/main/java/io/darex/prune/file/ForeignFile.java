package io.darex.prune.file;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a file is that has the name of a safetensors file and is none, told by its first bytes: what
 * is usually left in place of weights when a download or a conversion went wrong.
 */
public final class ForeignFile {
  private static final int SEEN = 64;

  /** By what they begin with, as ISO 8859-1. */
  private static final Map<String, String> KINDS =
      new TreeMap<>(
          Map.of(
              "version https://git-lfs",
              "a Git LFS pointer: the weights were not downloaded, git lfs pull does that",
              "PK\u0003\u0004",
              "a zip archive, as torch.save writes it: a pytorch_model.bin by another name",
              "\u0080\u0002",
              "a Python pickle, as old versions of torch.save write it",
              "\u0089HDF",
              "an HDF5 file, as TensorFlow writes it",
              "GGUF",
              "a GGUF file, as llama.cpp uses it",
              "\u001f\u008b",
              "a gzip archive",
              "<!doctype",
              "an HTML page, such as a server sends in place of a file that it does not give",
              "<html",
              "an HTML page, such as a server sends in place of a file that it does not give"));

  private ForeignFile() {}

  /** What it is, where it is known; empty for what may be a safetensors file. */
  public static Optional<String> at(MappedFile file) {
    int length = (int) Math.min(SEEN, file.size());
    String start = StandardCharsets.ISO_8859_1.decode(file.slice(0, length)).toString();
    if (length > Long.BYTES && start.charAt(Long.BYTES) == '{') {
      return Optional.empty(); // a header, whose length may look like anything
    }
    String text = start.strip().toLowerCase(Locale.ROOT);
    return KINDS.entrySet().stream()
        .filter(kind -> start.startsWith(kind.getKey()) || text.startsWith(kind.getKey()))
        .map(Map.Entry::getValue)
        .findFirst();
  }
}
