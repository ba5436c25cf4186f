package io.darex.bench.console;

import io.darex.prune.parameter.ByteSize;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers of bytes as people write them, with Hugging Face's decimal units: {@code 2GB}. */
public final class Size implements ITypeConverter<Long> {
  @Override
  public Long convert(String text) {
    try {
      ByteSize size = ByteSize.of(text);
      if (!size.isShare()) {
        return size.bytes(0);
      }
    } catch (IllegalArgumentException e) {
      // The message below is for where a share means nothing.
    }
    throw new TypeConversionException("expected a size such as 2GB or 500MB, got '" + text + "'");
  }

  /** {@code 4.7 MB}: three digits at least, of the largest unit that is not more. */
  public static String text(long bytes) {
    return ByteSize.text(bytes);
  }
}
