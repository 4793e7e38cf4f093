using Testing.Load;
using Testing.Smsc;

const string Help = $"""
    Testing <role>

    roles
      smsc    an SMSC simulator in the foreground, until SIGTERM or SIGINT (then it unbinds its sessions)
      load    an ESME that submits, counts, and joins receipts to messages
      help    this text

    {SmscProgram.Help}

    {LoadProgram.Help}
    """;

// One program, several roles: each is a stand-in for something outside the platform.
switch (args is [var role, ..] ? role : "help")
{
    case "smsc":
        return await SmscProgram.RunAsync();

    case "load":
        return await LoadProgram.RunAsync();

    case "help":
        Console.WriteLine(Help);
        return 0;

    default:
        Console.Error.WriteLine($"Unknown role '{args[0]}'.\n\n{Help}");
        return 2;
}
