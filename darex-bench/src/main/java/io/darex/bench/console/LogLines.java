package io.darex.bench.console;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;

/** Where logback.xml sends what is logged: to the terminal, above the progress bar. */
public final class LogLines extends AppenderBase<ILoggingEvent> {
  @Override
  protected void append(ILoggingEvent event) {
    String logger = event.getLoggerName();
    Terminal terminal = Terminal.logged();
    terminal.println(
        event.getLevel()
            + " "
            + logger.substring(logger.lastIndexOf('.') + 1)
            + ": "
            + event.getFormattedMessage());
    if (event.getThrowableProxy() != null) {
      terminal.print(ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }
  }
}
