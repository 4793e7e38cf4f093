using ServiceDefaults;
using SmppGateway;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddPlatformDefaults("smpp-gateway");
builder.AddSmppGateway();

var app = builder.Build();
app.MapPlatformDefaults();
await app.RunAsync();
