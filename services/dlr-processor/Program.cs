using DlrProcessor;
using ServiceDefaults;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddPlatformDefaults("dlr-processor");
builder.Services.AddDlrProcessor();

var app = builder.Build();
app.MapPlatformDefaults();
await app.RunAsync();
